"""What a part needs to call a service over HTTP: clients, and answers turned into failures."""
