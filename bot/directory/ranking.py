"""Who is named first. Every rule here can be said in a sentence; the order itself is data (``order.yml``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from bot.directory.hours import UNKNOWN, Opening, Schedule, is_holiday, local, opening
from bot.directory.request import Query
from bot.directory.snapshot import Record, Snapshot

EVERYONE = ("emergency", "crisis_line")  # turn nobody away, whatever the age, role or channel
REMOTE = (*EVERYONE, "helpline", "listening_line")  # answer from anywhere, so the region is no obstacle
LINES = ("helpline", "listening_line")  # somebody answers, and listens
CRISES = ("danger", "physical", "suicide")
HANDS_ON = "sexual_assault_centre"  # for physical sexual violence, not for violence that stays online
OFFICE_HOURS = (9, 18)
FIT, LENIENT = 0, 1


def openings(record: Record, at: dt.datetime) -> dict[str, Opening]:
    """State of each channel that can really be used: call, chat, form."""
    data = record.data
    usable = {"call": data.number, "chat": data.chat_url, "form": data.form_url}
    hours: dict[str, Schedule] = {name: record.schedules.get(name, UNKNOWN) for name, way in usable.items() if way}
    return {name: opening(schedule, at) for name, schedule in hours.items()}


def has_way(record: Record, channel: str) -> bool:
    """Whether a service can be reached by ``channel``: call, chat, mail or visit."""
    data = record.data
    visit = bool(data.city) or bool({"walk_in", "office"} & set(record.schedules))
    ways = {"call": data.number, "chat": data.chat_url, "mail": data.email or data.form_url, "visit": visit}
    return bool(ways[channel])


class Ranking:
    """The order of services for one query."""

    def __init__(self, directory: Snapshot, query: Query) -> None:
        self._directory = directory
        self._query = query
        self._at = local(query.moment)
        self.day = self._at.date()
        self._states: dict[str, dict[str, Opening]] = {}
        self._fit: dict[str, int | None] = {}

    # whether a service suits the person

    def _fitting(self, name: str) -> int | None:
        if name not in self._fit:
            self._fit[name] = self._fits(self._directory.records[name])
        return self._fit[name]

    def _fits(self, record: Record) -> int | None:
        query, data = self._query, record.data
        if not record.offered_on(self._at.date()) or not record.reachable(query.language) or not self._speaks(record):
            return None
        if data.kind in EVERYONE:
            return FIT
        if not (self._right_age(record) and self._in_reach(record) and self._has_channel(record)):
            return None
        if (query.anonymous and not data.anonymous) or (query.free and not data.free):
            return None
        if query.open_now and self._closed(data.id):
            return None
        if data.kind == HANDS_ON and not ("physical" in query.all_flags and set(data.forms) & set(query.forms)):
            return None
        return self._right_role(record)

    def _speaks(self, record: Record) -> bool:
        language = self._query.language
        if language is None or not record.spoken or record.data.kind == "removal":
            return True  # a removal tool is a form to fill in; nobody has to talk
        return language in record.spoken or (self._query.region == "german_community" and "de" in record.spoken)

    def _right_age(self, record: Record) -> bool:
        refused = {"minor": "no", "adult": "only"}.get(self._query.age_band or "")
        return record.data.for_minors != refused

    def _in_reach(self, record: Record) -> bool:
        region = self._query.region
        if region is None:
            return not record.local
        regions = record.data.regions
        return (record.data.kind in REMOTE and not record.local) or region in regions or "national" in regions

    def _has_channel(self, record: Record) -> bool:
        return self._query.channel is None or has_way(record, self._query.channel)

    def _right_role(self, record: Record) -> int | None:
        role, data = self._query.person, record.data
        audiences = set(data.audiences)
        if role == "victim":
            return FIT if audiences & {"victim", "minor", "lgbtqia"} else None
        if role in audiences:
            return FIT
        if role == "perpetrator" and data.kind == "listening_line" and "victim" in audiences:
            return FIT  # a line that listens to everyone
        if role != "professional" and data.for_minors == "only" and data.kind in LINES:
            return LENIENT if self._query.age_band == "minor" else None
        return None

    # whether somebody answers

    def state(self, name: str) -> dict[str, Opening]:
        """State of each usable channel of a service."""
        if name not in self._states:
            self._states[name] = openings(self._directory.records[name], self._at)
        return self._states[name]

    def talking(self, name: str) -> list[Opening]:
        """States of the channels on which somebody answers, limited to the one that was asked for."""
        wanted = (self._query.channel,) if self._query.channel in ("call", "chat") else ("call", "chat")
        return [opening for channel, opening in self.state(name).items() if channel in wanted]

    def _closed(self, name: str) -> bool:
        states = self.talking(name) or list(self.state(name).values())
        return not any(opening.is_open for opening in states)

    # lists of services

    def _relevant(self, name: str) -> bool:
        record = self._directory.records[name]
        about = set(record.data.forms) & set(self._query.forms)
        return not self._query.forms or bool(about) or record.data.kind in EVERYONE

    def _maybe_too_old(self, name: str) -> bool:
        return self._query.age_band is None and self._directory.records[name].data.for_minors == "only"

    def _steps(self, need: str, skip_minors_only: bool = False) -> Iterator[list[str]]:
        needs = self._directory.needs
        steps = needs.get(f"{need}:{self._query.channel}") or needs.get(need, ())
        for step in steps:
            names = [name for name in step if self._fitting(name) == FIT]
            if skip_minors_only:
                names = [name for name in names if not self._maybe_too_old(name)]
            yield sorted(names, key=lambda name: (self._far(name), self._closed(name)))

    def _far(self, name: str) -> bool:
        """Whether a service that exists in one place only is in another province."""
        record, province = self._directory.records[name], self._query.province
        return bool(province and record.local and record.data.province not in (None, province))

    def _list(self, need: str, skip_minors_only: bool = False) -> list[str]:
        return [name for step in self._steps(need, skip_minors_only) for name in step]

    def _crisis(self) -> list[str]:
        """Crisis services of all crises in turn: with danger and suicide both, neither may push the other away."""
        lists = [self._list(f"flag:{flag}", True) for flag in CRISES if flag in self._query.all_flags]
        found: list[str] = []
        while any(lists):
            for names in lists:
                while names and names[0] in found:
                    names.pop(0)
                if names:
                    found.append(names.pop(0))
        return found

    def _for_role(self) -> list[str]:
        role = f"role:{self._query.person}"
        special = [name for form in self._query.forms for name in self._list(f"{role}:{form}")]
        return special or self._list(role, skip_minors_only=True)

    def _for_forms(self) -> list[str]:
        """Best step in any of the forms first, then what helps with most of them.

        Services for minors only wait when the age is not known, unless a form puts them on its first step.
        """
        places: dict[str, list[int]] = {}
        for form in self._query.forms:
            for number, step in enumerate(self._steps(f"form:{form}")):
                for name in step:
                    places.setdefault(name, []).append(number)

        def key(name: str) -> tuple[bool, int, int, bool]:
            best = min(places[name])
            return (best > 0 and self._maybe_too_old(name), best, -len(places[name]), self._closed(name))

        return sorted(places, key=key)

    def _general(self) -> list[str]:
        special = self._list(f"role:{self._query.person}:general")
        return [name for name in special or self._list("general") if self._relevant(name)]

    def _rest(self, limit: int | None) -> list[str]:
        """Whoever else deals with these forms or, when none is known, with these flags.

        Whether they are open is asked only of as many as can be shown, in a large directory that is what takes time.
        """
        query, directory = self._query, self._directory
        reserved = {name for step in directory.needs.get("named_only", ()) for name in step}
        forms, flags = set(query.forms), set(query.all_flags)
        found: dict[tuple[bool, int, int, int, bool], list[tuple[int, str]]] = {}
        for name, record in directory.records.items():
            data = record.data
            shared = len(forms.intersection(data.forms))
            about = flags.intersection(data.flags) if data.kind in EVERYONE or not forms else shared
            if not about or name in reserved:
                continue
            fit = self._fitting(name)
            if fit is not None:
                key = (self._maybe_too_old(name), fit, -shared, directory.kinds[data.kind], self._far(name))
                found.setdefault(key, []).append((record.position, name))
        names: list[str] = []
        for key in sorted(found):
            if limit is not None and len(names) >= limit:
                break
            names += sorted((name for _, name in sorted(found[key])), key=self._closed)
        return names

    def fallback(self) -> list[str]:
        """Numbers that always hold, so that an answer is never empty."""
        query, needs = self._query, self._directory.needs
        chain = ["fallback:minor"] if query.age_band == "minor" else []
        chain += [f"fallback:{language}" for language in ("nl", "fr") if query.language in (None, language)]
        return [name for need in (*chain, "fallback") for step in needs.get(need, ()) for name in step]

    def _somebody_now(self, names: list[str]) -> list[str]:
        """At night, in the weekend, on holidays, or when hours are unknown, a line that answers now comes first.

        In office hours the right service stays first even when its own slot is over, with an open line second.
        """
        settled = any(flag in self._query.all_flags for flag in CRISES) or self._query.person == "professional"
        if settled or not names or not self._closed(names[0]):
            return names
        line = next((name for name in names[1:] if self._answers(name)), None)
        if line is None:
            return names
        first = self._outside_office_hours() or any(o.state == "unknown" for o in self.talking(names[0]))
        others = [name for name in names if name != line]
        return [line, *others] if first else [others[0], line, *others[1:]]

    def _answers(self, name: str) -> bool:
        if self._maybe_too_old(name):
            return False
        kind = self._directory.records[name].data.kind
        return kind in LINES and any(opening.is_open for opening in self.talking(name))

    def _outside_office_hours(self) -> bool:
        opens, closes = OFFICE_HOURS
        return self._at.weekday() > 4 or is_holiday(self._at.date()) or not opens <= self._at.hour < closes

    def _near_first(self, names: list[str]) -> list[str]:
        """A service around the corner stands beside the national one of its kind."""
        province, records = self._query.province, self._directory.records
        near = [name for name in names if province and records[name].local and records[name].data.province == province]
        for name in reversed(near):
            kind = records[name].data.kind
            whole = next((n for n in names if records[n].data.kind == kind and not records[n].local), None)
            if whole and names.index(whole) < names.index(name):
                names = [other for other in names if other != name]
                names.insert(names.index(whole) + 1, name)
        return names

    def order(self, limit: int | None = None) -> list[str]:
        """Ids of all services to name, best first; at least the first ``limit`` of them."""
        parts: Iterable[list[str]] = (
            self._crisis(),
            self._list("minor") if self._query.age_band == "minor" else [],
            self._for_role(),
            self._for_forms(),
            self._general(),
            self._rest(limit),
        )
        names = list(dict.fromkeys(name for part in parts for name in part))
        return list(dict.fromkeys([*self._somebody_now(self._near_first(names)), *self.fallback()]))
