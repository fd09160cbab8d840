"""The commands of `raum`, a module for each that is more than a few lines."""
