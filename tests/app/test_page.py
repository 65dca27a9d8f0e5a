"""The page, driven in this process: what is moved changes what is shown."""

import asyncio
import re

import pytest

pytest.importorskip("nicegui", reason="the page needs the extra [app]")

from nicegui import ui
from nicegui.testing.user_simulation import user_simulation
from starlette.requests import Request

from sim.app.explorer import Explorer
from sim.app.page import make_page
from sim.commands.run import RunOptions, run_command
from sim.commands.terminal import Terminal
from sim.engine.run import settings_of
from sim.model.load import load
from tests.app.loops import finished
from tests.app.test_session import MODEL, read_rows

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries that we do not call


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "strait.yaml"
    path.write_text(MODEL, encoding="utf-8")
    study = load(path)
    return Explorer(study, settings_of(study, n=2000, seed=5, threads=2))


def on_page(explorer, folder, story, query=""):
    """Play a story with a user who looks at the page."""

    async def play():
        async with user_simulation(root=lambda: None) as user:
            page = make_page(explorer, folder)

            @ui.page("/explored")
            def explored(request: Request) -> None:
                page(request)

            await user.open(f"/explored{query}")
            await settled(user)
            await story(user)

    finished(play())


async def settled(user):
    for _ in range(200):
        await asyncio.sleep(0.02)
        status = one(user, "status")
        if status.text.endswith("trajectories") and "x-busy" not in status.classes:
            return
    raise AssertionError(one(user, "status").text)


def one(user, marker):
    (element,) = user.find(marker=marker).elements
    return element


def shares(user):
    return re.findall(r"<b>([\d.]+)%</b> <small>([\d.]+ to [\d.]+)%", one(user, "outcomes").content)


def test_a_slider_changes_the_numbers_and_undo_restores_them(explorer, tmp_path):
    async def story(user):
        before = shares(user)
        assert len(before) == 6
        user.find(marker="slider:reserves").trigger("change", 4)
        await settled(user)
        assert shares(user) != before
        await user.should_see("reserves = 4")
        assert one(user, "chart").options["series"]
        user.find(marker="undo").click()
        await settled(user)
        assert shares(user) == before

    on_page(explorer, tmp_path, story)


def test_a_saved_study_gives_the_numbers_of_the_page(explorer, tmp_path):
    async def story(user):
        user.find(marker="slider:reserves").trigger("change", 3.5)
        await settled(user)
        one(user, "force:blockader.closure").set_value("part")
        await settled(user)
        user.find(marker="save").click()
        await user.should_see("Save as a study")
        user.find(marker="save now").click()
        await user.should_see("is written")
        shown = shares(user)
        place = tmp_path / "out"
        options = RunOptions(out=place, scenarios=["explored"])
        assert run_command(tmp_path / "explored.yaml", options, Terminal(quiet=True)) == 0
        written = [float(row["p"]) for name in ("outcomes", "questions") for row in read_rows(place, name)]
        assert [f"{100 * p:.1f}" for p in written] == [p for p, _ in shown]

    on_page(explorer, tmp_path, story)


def test_a_link_restores_what_was_seen_and_hostile_names_stay_text(explorer, tmp_path):
    async def story(user):
        await user.should_see("Tense + 1 change; move a slider to change it")
        assert "compared with: baseline" in one(user, "legend").content
        assert one(user, "slider:reserves").value == 2
        assert "<b>under" not in one(user, "outcomes").content
        assert "<script>" not in one(user, "events").content
        user.find(marker="another").click()
        for _ in range(100):
            await asyncio.sleep(0.02)
            if "<time>" in one(user, "story").content:
                break
        assert "<time>2026-" in one(user, "story").content

    on_page(explorer, tmp_path, story, "?scenario=tense&set=reserves:2&set=nothing:1&outcome=settled&measure=war")


def test_parameters_are_found_by_name_and_by_meaning(explorer, tmp_path):
    async def story(user):
        await user.should_not_see(marker="slider:fixed")
        one(user, "search").set_value("fix")
        await user.should_see(marker="slider:fixed")
        user.find(marker="slider:fixed").trigger("change", 0.375)
        await settled(user)
        await user.should_see("fixed = 0.375")
        user.find(marker="free:fixed").click()
        await settled(user)
        await user.should_see("fixed as in the scenario")

    on_page(explorer, tmp_path, story)
