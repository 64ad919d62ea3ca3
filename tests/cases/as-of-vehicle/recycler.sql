select min(valid_from) as day
from rule.rule;
