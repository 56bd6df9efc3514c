"""The players of the page on audio: a browser reads the sound that the page carries."""

from __future__ import annotations

from visit import DESKTOP, OpenPage

DURATIONS = """async () => {
  const players = [...document.querySelectorAll("audio")];
  const known = (player) => player.readyState > 0 ? null
    : new Promise((resolve) => { player.onloadedmetadata = player.onerror = resolve; });
  await Promise.all(players.map(known));
  return players.map((player) => player.duration);
}"""


def test_each_sound_is_read_and_lasts_as_long_as_the_phrase(open_page: OpenPage, site: str) -> None:
    visit = open_page(f"{site}/book/security/physical-audio-and-medical.html", DESKTOP, "light")
    durations = visit.page.evaluate(DURATIONS)
    names = visit.page.eval_on_selector_all("audio", "all => all.map(a => a.ariaLabel)")
    visit.page.context.close()
    assert len(durations) == 3
    assert all(0.5 < seconds < 3 for seconds in durations)
    assert len(set(durations)) == 1
    assert [name.split("“")[1] for name in names] == [
        "three zero”",
        "one two zero”",
        "never trust it”",
    ]
    assert visit.outside == []
