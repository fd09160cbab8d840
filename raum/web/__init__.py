"""HTTP: routes as data, problem documents, and the checks that stand before every route."""
