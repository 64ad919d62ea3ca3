"""This module is in charge of the enterprise subgraph's batch resolvers: the registry of enterprises, their outlets, regions, and the statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resolvers.batching import BatchResolver, key_text
from resolvers.database import door
from resolvers.database.reading import Reading

enterprise_by_uscc: Final[BatchResolver] = door.enterprise_by_uscc
enterprises: Final[BatchResolver] = door.enterprises
obligations: Final[BatchResolver] = door.enterprise_obligations
recovery_rates: Final[BatchResolver] = door.recovery_rates
roles: Final[BatchResolver] = door.roles
licences: Final[BatchResolver] = door.licences
outlets: Final[BatchResolver] = door.outlets
regions: Final[BatchResolver] = door.regions
statistics: Final[BatchResolver] = door.statistics
production: Final[BatchResolver] = door.production
sales: Final[BatchResolver] = door.sales
retirements: Final[BatchResolver] = door.retirements
reprocessing: Final[BatchResolver] = door.reprocessing
custody_flows: Final[BatchResolver] = door.custody_flows
stock: Final[BatchResolver] = door.stock
recovery_statistics: Final[BatchResolver] = door.recovery_statistics
late_reports: Final[BatchResolver] = door.late_reports
counted_findings: Final[BatchResolver] = door.counted_findings
counted_take_backs: Final[BatchResolver] = door.counted_take_backs
outlet_coverage: Final[BatchResolver] = door.outlet_coverage
expected_retirements: Final[BatchResolver] = door.expected_retirements
published: Final[BatchResolver] = door.published


def named_enterprise(_reading: Reading, arguments: Mapping[str, Any]) -> list[str]:
    """The key of `enterprise(uscc:)`."""
    return [arguments["uscc"]]


def representation_uscc(_reading: Reading, representation: Mapping[str, Any]) -> str | None:
    """The key of an Enterprise among representations."""
    return key_text(representation.get("uscc"))


def representation_region(_reading: Reading, representation: Mapping[str, Any]) -> str | None:
    """The key of a Region among representations."""
    return key_text(representation.get("code"))


def required_maker(representation: Mapping[str, Any]) -> dict[str, Any]:
    """What `Battery.takeBackOutlets` requires of the pack: its maker, None where the caller does not see one."""
    maker = representation.get("manufacturer")
    return {"maker": key_text(maker.get("uscc")) if isinstance(maker, Mapping) else None}
