"""The configuration file as text: tables with the line of each key, turned into value types with every fault told."""
