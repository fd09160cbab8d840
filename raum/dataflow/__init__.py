"""Where which data goes (promise P17): what every part states, what the operator allows, and the table of it."""
