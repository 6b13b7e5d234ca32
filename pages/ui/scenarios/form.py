"""The form of a scenario: the one reader and writer of its controls, its link and where it came from.

A slider's way: the slider is moved, the answer alone runs again (`controls.moved`), it reads the form's plan,
`whatif.work_out` runs the engine on the ground, and the outcome's sentence, tiles and charts are drawn. The
form writes the same plan to the address.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.scenarios import form, link, presets
from core.scenarios.analysis.whatif import Ground
from core.scenarios.form import BESIDE, FURTHER, KEYS, SCOPE, SLIDERS, Choices, FormValues
from core.scenarios.levers import LEVERS, LeverSetting, Scenario
from pages.ui.kit import tour, unsaved

PRESET = "preset"
NOTICES, LINK_READ, ORIGIN = "link_notices", "link_read", "scenario at hand"


class ScenarioForm:
    """The controls of a scenario on one ground.

    What the controls hold is kept in the session under their keys; everything else here is worked out from it.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground, self.choices = ground, Choices.of(ground.base)
        self.drawn = Scenario(form.NAME)

    @property
    def values(self) -> FormValues:
        """Return what the controls hold."""
        return form.from_controls(st.session_state)

    @property
    def plan(self) -> Scenario:
        """Return the scenario as it stands on the controls."""
        return self.values.scenario()

    @property
    def origin(self) -> str:
        """Return the key of the saved scenario this one came from; empty where none."""
        return str(unsaved.items(ORIGIN, is_typed=False).get("key", ""))

    @origin.setter
    def origin(self, key: str) -> None:
        unsaved.items(ORIGIN, is_typed=False)["key"] = key
        unsaved.keep(ORIGIN)

    def open(self) -> None:
        """Take the link over, before the controls are drawn: once a session, and when the browser goes back to it.

        Levers that a tour asks for, or gives back, go before the link.
        """
        asked = st.session_state.pop(tour.LEVERS, None)
        if asked is not None:
            st.session_state[LINK_READ] = True
            values, st.session_state[NOTICES] = link.from_query(asked, self.choices)
            self.write(values)
        run = get_script_run_ctx()
        if asked is None and (LINK_READ not in st.session_state or (run is not None and run.is_history_navigation)):
            st.session_state[LINK_READ] = True
            query = {key: st.query_params.get_all(key) for key in KEYS if key in st.query_params}
            if query or (run is not None and run.is_history_navigation):
                values, notices = link.from_query(query, self.choices)
                st.session_state[NOTICES] = notices
                self.write(values)
        self._settle()

    def _settle(self) -> None:
        """Let go of what the data no longer offer, as after others were loaded."""
        state = st.session_state
        if state.get(SCOPE, "all") not in self.choices.scopes:
            state[SCOPE] = "all"
        more = list(state.get(FURTHER, ()))
        offered = [name for name in more if name in self.choices.further]
        if offered != more:
            state[FURTHER] = offered
        for lever in (LEVERS[name] for name in offered if name != form.SHOCK):
            for part, options in (("at", self.choices.months), ("detail", self.choices.details(lever))):
                if state.get(f"{lever.name}_{part}", "") not in {"", None, *options}:
                    del state[f"{lever.name}_{part}"]

    def notices(self) -> list[str]:
        """Return what could not be taken over from a link; told once."""
        return list(st.session_state.pop(NOTICES, ()))

    def publish(self) -> Scenario:
        """Write what the controls hold to the address at once, and return it as the scenario drawn."""
        values = self.values
        query, address = values.query(), st.query_params
        for key in KEYS.intersection(address).difference(query):
            del address[key]
        if any(address.get_all(key) != value for key, value in query.items()):
            address.update(query)
        self.drawn = values.scenario()
        return self.drawn

    def write(self, values: FormValues) -> None:
        """Set the controls; only before they are drawn, so in a callback or at the start of a run."""
        state = st.session_state
        for name in SLIDERS:
            state[name] = 0.0
        for key, value in values.controls.items():
            state[key] = value
        state[SCOPE], state[FURTHER], state[BESIDE] = values.scope, list(values.more), values.beside

    def fill(self, plan: Scenario) -> None:
        """Set the controls to a scenario's; what they cannot hold is kept beside them, so nothing is lost."""
        self.write(form.from_scenario(plan, self.choices))
        if not plan.levers:
            st.session_state[PRESET] = None

    def clear(self) -> None:
        """Set every lever to 0."""
        self.fill(Scenario())

    def take_preset(self) -> None:
        """Set the controls to the preset chosen; to nothing where none is."""
        self.fill(presets.load().get(st.session_state.get(PRESET) or "") or Scenario())

    def presets(self) -> dict[str, Scenario]:
        """Return the presets that fit the company, by name."""
        return presets.fitting(self.choices.capabilities, self.choices.sources)

    @property
    def beside(self) -> tuple[LeverSetting, ...]:
        """Return the settings kept beside the controls."""
        return self.values.beside

    def keep_beside(self) -> None:
        """Put the levers as they stand beside the controls, so that others can be moved for another part."""
        values = self.values
        is_shared = form.SHOCK in values.more
        shock = {key: value for key, value in values.controls.items() if key == form.SHOCK_KEY and is_shared}
        more = (form.SHOCK,) if is_shared else ()
        self.write(FormValues(values.scope, more, shock, values.scenario().levers))
        st.session_state[PRESET] = None

    def add(self, *settings: LeverSetting) -> None:
        """Add settings beside the controls, in place of those of the same lever and part."""
        for setting in settings:
            others = (s for s in self.beside if (s.lever, s.scope) != (setting.lever, setting.scope))
            st.session_state[BESIDE] = (*others, setting)

    def add_deal(self, deal: str, what: str, weeks: float) -> None:
        """Take a named deal as won, lost or moved, in place of what was said of it before."""
        scope = f"deal:{deal}"
        value = weeks if what == "moved" else 1.0
        named = (LeverSetting(f"deal_{what}", value, scope),) if value else ()
        st.session_state[BESIDE] = (*(s for s in self.beside if s.scope != scope), *named)

    def drop(self, index: int) -> None:
        """Take a setting beside the controls out again."""
        st.session_state[BESIDE] = (*self.beside[:index], *self.beside[index + 1 :])
