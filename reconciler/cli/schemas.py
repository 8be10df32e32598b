"""The JSON Schemas of what reconciler reads and writes, generated from the code."""

from pathlib import Path

NAMES = ("config", "plan", "state")


def schema(name: str) -> dict[str, object]:
    """Return a JSON Schema: `config`, `plan` or `state`."""
    if name == "config":
        from reconciler.config.schema import config_schema
        from reconciler.providers.registry import provider_types
        from reconciler.state.opening import settings_models

        return config_schema(
            {name: type_.settings_model for name, type_ in provider_types().items()}, settings_models()
        )
    if name == "plan":
        from reconciler.plan.shape import plan_schema

        return plan_schema()
    from reconciler.state.schema import state_schema

    return state_schema()


def schema_bytes(name: str) -> bytes:
    """Return a JSON Schema as the file in `schemas/` has it."""
    import json

    return (json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n").encode()


def write_schemas(folder: Path, names: tuple[str, ...] = NAMES) -> list[Path]:
    """Write schemas as `NAME.schema.json` into a folder, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in names:
        path = folder / f"{name}.schema.json"
        path.write_bytes(schema_bytes(name))
        written.append(path)
    return written
