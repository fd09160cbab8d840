"""What all commands share: which configuration they read."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click

_LOCAL: Final = Path("config/raum.toml")
_PACKAGED: Final = Path(str(files("raum") / "default.toml"))
_CHECKED_OUT: Final = Path(__file__).parents[2] / "config" / "raum.toml"


def default_config() -> Path:
    """`config/raum.toml` of the current folder, or else the embedded default that comes with raum."""
    return next(path for path in (_LOCAL, _PACKAGED, _CHECKED_OUT) if path.exists())


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--config`."""
    option = click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        default=default_config,
        show_default="config/raum.toml, else the embedded default",
        help="The configuration file.",
    )
    return option(command)
