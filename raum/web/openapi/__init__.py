"""How the routes describe themselves: `/openapi.json`, made of the records that serve the requests."""
