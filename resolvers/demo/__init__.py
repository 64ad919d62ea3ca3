"""This package is in charge of the demo world: synthetic enterprises, batteries, vehicles and lives; the same options, the same world."""
