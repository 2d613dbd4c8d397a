"""The part of a charter that says where: the plane, the tiles, the zones and the register."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

LandUseKind = Literal["building", "residential", "forest", "water", "roads"]


class CharterPart(BaseModel):
    """A part of a charter: unknown keys are refused, since a typing error may hide a duty."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _within_deliveries(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError("must be relative to the deliveries and stay within them")
    return path


Place = Annotated[str, AfterValidator(_within_deliveries)]


def _tab_by_name(given: Any) -> Any:
    r"""A tab, however it is named: YAML reads \t as one only within double quotes."""
    return "\t" if given in ("tab", r"\t") else given


Separator = Annotated[str, Field(min_length=1, max_length=1), BeforeValidator(_tab_by_name)]


class Bounds(CharterPart):
    """A rectangle on the plane."""

    x_min_m: float
    y_min_m: float
    x_max_m: float
    y_max_m: float

    @model_validator(mode="after")
    def _ordered(self) -> Bounds:
        if not (self.x_min_m < self.x_max_m and self.y_min_m < self.y_max_m):
            raise ValueError("the smaller bound comes first")
        return self


class GridExtent(Bounds):
    """A plane without reference files: tiles and zones are squares."""

    zone_m: float = Field(2500, gt=0)


def _known_crs(code: str) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(code)
    except CRSError:
        raise ValueError(
            "no such coordinate reference system; write its code as EPSG:3035"
        ) from None
    return code


KnownCrs = Annotated[str, AfterValidator(_known_crs)]


class ZoneFile(CharterPart):
    """Zones of one or more levels: GeoPackage, GeoJSON or GeoParquet."""

    path: Place
    layer: str | None = Field(None, description="of a GeoPackage with more than one")
    columns: dict[Literal["zone_id", "name", "parent_id", "level"], str] = Field(
        default_factory=dict, description="ours: theirs; parent_id may hold the parent's name"
    )
    level: str | None = Field(None, description="of every zone, where the file does not say it")
    crs: KnownCrs | None = Field(None, description="where the file does not say it")


class TileFile(CharterPart):
    """Tiles as a Parquet table, its columns by mapping."""

    path: Place
    columns: dict[Literal["tile_id", "x_m", "y_m", "zone_id", "elevation_m"] | LandUseKind, str] = (
        Field(default_factory=dict, description="ours: theirs")
    )


class RegisterFile(CharterPart):
    """Persons per zone as CSV, its columns by mapping."""

    path: Place
    columns: dict[Literal["zone_id", "n_persons"], str] = Field(default_factory=dict)
    separator: Separator = ","
    rows: dict[str, str] = Field(
        default_factory=dict, description="only rows with these texts, as reference_date: …"
    )


class LandUse(CharterPart):
    """Land use as GeoTIFF: one raster of classes, or one of shares for each kind."""

    path: Place | None = Field(None, description="raster of classes")
    classes: dict[LandUseKind, list[int]] = Field(default_factory=dict)
    shares: dict[LandUseKind, Place] = Field(default_factory=dict)
    whole: float = Field(1.0, gt=0, description="the value of a share of one: 1 or 100")

    @model_validator(mode="after")
    def _either(self) -> LandUse:
        if (self.path is None) == (not self.shares):
            raise ValueError("give either `path` with `classes`, or `shares`")
        if (self.path is None) != (not self.classes):
            raise ValueError("`classes` says which values of `path` are forest, water, …")
        return self


class AreaInput(CharterPart):
    """Where: the plane, the tiles, the zones and the register."""

    crs: str = Field(description="EPSG code of the plane, or 'local' for a plane of its own")
    tile_m: float = Field(100, gt=0)
    country: str | None = Field(None, description="ISO code for holidays")
    tiles: TileFile | None = Field(None, description="Parquet; a path alone will do")
    zones: list[ZoneFile] = Field(default_factory=list, description="one file, or one a level")
    register_: RegisterFile | None = Field(None, alias="register", description="CSV, idem")
    land_use: LandUse | None = None
    elevation: Place | None = Field(None, description="GeoTIFF in metres")
    within: Bounds | None = Field(None, description="the part of the reference files to use")
    only: list[str] = Field(default_factory=list, description="zones of any level to use")
    grid: GridExtent | None = None

    @field_validator("crs")
    @classmethod
    def _plane(cls, code: str) -> str:
        if code == "local":
            return code
        from pyproj import CRS

        system = CRS.from_user_input(_known_crs(code))
        if not system.is_projected or {axis.unit_name for axis in system.axis_info} != {"metre"}:
            raise ValueError("is no plane in metres, in which tiles are; take one as EPSG:3035")
        return code

    @field_validator("country")
    @classmethod
    def _with_holidays(cls, code: str | None) -> str | None:
        import holidays

        if code is not None and code not in holidays.list_supported_countries():
            raise ValueError("no country whose holidays are known; write one as NL")
        return code

    @field_validator("tiles", "register_", mode="before")
    @classmethod
    def _path_alone(cls, given: Any) -> Any:
        return {"path": given} if isinstance(given, str) else given

    @field_validator("zones", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        listed = given if isinstance(given, list) else [given]
        return [] if given is None else [cls._path_alone(entry) for entry in listed]

    @model_validator(mode="after")
    def _either(self) -> AreaInput:
        if (self.grid is None) == (not self.zones):
            raise ValueError("give either `grid`, or `zones` (and `tiles` where you have them)")
        if not self.zones and (self.tiles or self.only or self.within):
            raise ValueError("`tiles`, `only` and `within` belong to `zones`")
        if self.tiles is not None and self.land_use is not None:
            raise ValueError("`tiles` hold land use: give them or `land_use`")
        return self

    def paths(self) -> list[str]:
        """Every reference file that the charter names."""
        paths = [zones.path for zones in self.zones]
        paths += [reference.path for reference in (self.tiles, self.register_) if reference]
        if self.land_use:
            paths += [p for p in (self.land_use.path, *self.land_use.shares.values()) if p]
        return paths + ([self.elevation] if self.elevation else [])
