"""What a block of `type: netcup` holds."""

from pydantic import Field, model_validator

from reconciler.model.scalars import DomainName, Seconds, Strict, Text
from reconciler.secrets.settings import SecretSetting

CCP_ENDPOINT = "https://ccp.netcup.net/run/webservice/servers/endpoint.php?JSON"
REST_ENDPOINT = "https://api.netcup.com/v1"
#: The settings that CCP needs, all of them.
CCP_FIELDS = ("customer", "api_key", "api_password")


class NetcupSettings(Strict):
    """The block of a provider of type `netcup`."""

    customer: Text | None = Field(default=None, description="Customer number, for the CCP interface.")
    api_key: SecretSetting | None = Field(default=None, description="API key of the customer control panel.")
    api_password: SecretSetting | None = Field(default=None, description="API password of the customer control panel.")
    token: SecretSetting | None = Field(
        default=None, description="Key of the REST interface, for domains whose zone is on CloudDNS."
    )
    zones: tuple[DomainName, ...] = Field(
        default=(),
        description="Zones to look after; needed without `token`, as the CCP interface can not list them.",
    )
    endpoint: Text = Field(default=CCP_ENDPOINT, description="Address of the CCP interface.")
    rest_endpoint: Text = Field(default=REST_ENDPOINT, description="Address of the REST interface.")
    timeout: Seconds = Field(default=30, gt=0, description="Time to wait for an answer.")
    servers: tuple[Text, ...] = Field(
        default=(),
        description="Authoritative servers of the zones, HOST:PORT; without them they are found by delegation.",
    )

    @model_validator(mode="after")
    def _enough(self) -> "NetcupSettings":
        missing = [name for name in CCP_FIELDS if getattr(self, name) is None]
        if 0 < len(missing) < len(CCP_FIELDS):
            raise ValueError(
                f"{' and '.join(missing)} is missing; the CCP interface needs {', '.join(CCP_FIELDS)} together"
            )
        if missing and self.token is None:
            raise ValueError(f"no credentials are given; write {', '.join(CCP_FIELDS)}, or token, or all four")
        if self.token is None and not self.zones:
            raise ValueError("the CCP interface can not list zones; name them, such as zones: [example.org]")
        return self

    @property
    def ccp(self) -> bool:
        """Whether it has what the CCP interface needs."""
        return self.customer is not None
