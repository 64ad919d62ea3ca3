.PHONY: check test long replay attacks bench pictures format
check: ## exactly what the machine checks
	.ci/run
test: ## the tests; pass arguments with ARGS="-k name"
	./cellgate test $(ARGS)
long: ## the same properties with thousands of examples, and the tests that take minutes
	CELLGATE_PROFILE=long ./cellgate test -m "long or not long" $(ARGS)
replay: ## every anomaly rule at past moments of many seeded ledgers; CELLGATE_SEED=n repeats one run
	CELLGATE_PROFILE=long ./cellgate test -m "long or not long" -s tests/recording/test_replay.py tests/sweep/test_replay.py $(ARGS)
attacks: ## attacks on published statistics over HTTP and in versions, from many seeds; CELLGATE_SEED=n repeats one run
	CELLGATE_PROFILE=long ./cellgate test -s tests/statistics/test_served_attacks.py tests/statistics/test_revisions.py $(ARGS)
bench: ## every runnable comparison
	./cellgate bench $(ARGS)
pictures: ## the pictures in the documents, of a fresh demonstration that runs; ADDRESS=http://127.0.0.1:4000
	.venv/bin/python -m tests.web.pictures $(or $(ADDRESS),http://127.0.0.1:4000)
format: ## put the source in its usual form
	.venv/bin/ruff check --fix . && .venv/bin/ruff format .
