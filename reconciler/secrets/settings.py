"""A secret in a block of settings: where it comes from, never the secret itself."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from reconciler.model.scalars import EnvName, Strict, Text
from reconciler.model.secrets import SecretRef, SecretSource


class SecretSetting(Strict):
    """Where a secret comes from: `{env: NAME}`, `{file: PATH}` or `{command: [WORD, …]}`, one of them."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: Annotated[EnvName | None, Field(description="Environment variable that holds it.")] = None
    file: Annotated[Text | None, Field(description="File that holds it, relative to this one.")] = None
    command: Annotated[
        tuple[Text, ...] | None, Field(min_length=1, description="Command that prints it, as a list of words.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _no_text(cls, given: Any) -> Any:
        # the message must not repeat it: it may be the secret
        if isinstance(given, str):
            raise ValueError(  # noqa: TRY004 - the kind of error that pydantic gathers
                "a text stands here, and a secret is never written in a file that is shared and kept for ever; "
                "write where it comes from, such as {env: NAME}, {file: PATH} or {command: [WORD]}"
            )
        return given

    @model_validator(mode="after")
    def _one(self) -> "SecretSetting":
        exactly_one(self, tuple(type(self).model_fields))
        return self

    def ref(self, base: Path) -> SecretRef:
        """Return the reference.

        Args:
            base: Folder of the file it is written in; relative paths start there, and a command runs there.
        """
        if self.env is not None:
            return SecretRef(SecretSource.ENV, (self.env,), str(base))
        if self.file is not None:
            return SecretRef(SecretSource.FILE, (str(base / Path(self.file).expanduser()),), str(base))
        return SecretRef(SecretSource.COMMAND, self.command or (), str(base))


def exactly_one(block: Strict, names: tuple[str, ...]) -> None:
    """Refuse a block that has not exactly one of these fields.

    Raises:
        ValueError: As pydantic gathers it.
    """
    given = [name for name in names if name in block.model_fields_set]
    if len(given) != 1:
        listed = ", ".join(names)
        raise ValueError(
            f"{len(given) or 'none'} of {listed} given where one is needed; write exactly one of: {listed}"
        )
