"""The sections of a personalization's report, in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight._plural import counted
from whimsight.personalization.charts import by_spread
from whimsight.personalization.display import said
from whimsight.personalization.sentences import own_name, verdicts
from whimsight.personalization.summary import gain_sentence
from whimsight.personalization.tables import agreeing_table, differing_table, gain_table, person_table
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.sections import GLOSSARY, figure, lines
from whimsight.studies._report.words import flat, number, without_paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person

__all__ = [
    "about",
    "agree",
    "differ",
    "gain_section",
    "glossary",
    "header",
    "mixer_section",
    "persons",
    "short",
    "unclear",
    "verdict_groups",
]

TITLES = {
    "short": "In short",
    "differ": "Where people differ",
    "agree": "Where people agree",
    "unclear": "Where too little is known",
    "gain": "Whether personal weights help",
    "persons": "The annotators asked for",
    "features": "Mix the weights yourself",
    "glossary": "How to read the numbers",
    "limits": "What this does not say",
    "about": "Settings and versions",
}

_TERMS = ("Feature", "95 % interval", "AUC")
_OWN_TERMS = (
    (
        "Weight",
        "How much one standard deviation more of a feature adds to the log odds of being preferred, with all "
        "features in one model. 0.1 moves an even choice by 2.5 points, 0.5 by 12, 1 by 23.",
    ),
    (
        "tau",
        "How far people differ: the standard deviation of their own weights around the weight that they share. Two "
        "thirds of all people lie within one tau of it, nineteen in twenty within two. 0: all have the same weight.",
    ),
    (
        "Differ beyond chance",
        "A test that tau is 0, with the share of false finds among all personal features held at 5 % (q, "
        "Benjamini-Hochberg).",
    ),
    (
        "Agree",
        "No difference beyond chance, and the interval of tau ends at .1 or below, or at a third of the weight or "
        "below: if people differ, then little.",
    ),
    (
        "Lean the other way",
        "The share of all people, those included who did not vote, whose weight has the other sign than the weight "
        "that people share.",
    ),
    (
        "Shrunk",
        "What a few votes say of a person is drawn towards everyone's weights, the more so the fewer they are. So "
        "the hills of a drawing are narrower than the bands: the bands are of people, the hills of what is known "
        "of them.",
    ),
    (
        "Personal",
        "A feature on which weights may differ between people. Which ones these are is the analyst's choice; on all "
        "others everyone has the same weight.",
    ),
)
_LIMITS = (
    "These are associations in one set of votes: what goes along with a person's choice among these pairs, not "
    "what moves the person. Features occur together, and what none of them sees is not here.",
    "People who voted on different pairs, on other days or under other instructions may differ for that alone.",
    "That no difference was found does not show that there is none; where too little is known the interval of tau "
    "says how large it may be.",
    "The people are those who voted here, and as many more like them. They stand for nobody else.",
    "Names of discovered features are drafts unless their status says otherwise.",
)
_LEFT_OUT = {
    "ties": "ties",
    "unlabelled": "unlabelled or of weight 0",
    "without annotator": "without an annotator",
}


def verdict_groups(people: Personalization) -> dict[str, list[str]]:
    """Return the features of each verdict, widest spread first, without what people rejected."""
    table, status = people.subjectivity, people.study.features["status"]
    found = dict(zip(map(str, table.index), verdicts(table), strict=True))
    groups: dict[str, list[str]] = {name: [] for name in ("differ", "agree", "unclear", "shared", "absent")}
    for feature in by_spread(people):
        if status[feature] != "rejected":
            groups[found[feature]].append(feature)
    return groups


def header(people: Personalization, present: Sequence[str]) -> Html:
    """Return the title, the figures and links to the sections that are there."""
    ballots = people.ballots
    counts = [
        ("annotator", len(people.annotators)),
        ("decided vote", int(ballots.y.size)),
        ("distinct pair", len(set(ballots.pair.tolist()))),
    ]
    if prompts := people.study.pairs.count_prompts(ballots.rows):
        counts.append(("prompt", prompts))
    figures = [(thing if number == 1 else f"{thing}s", f"{number:,}") for thing, number in counts]
    entries = [tag("div", tag("dt", name), tag("dd", number)) for name, number in figures]
    left = [f"{_LEFT_OUT.get(why, why)} ({count:,})" for why, count in ballots.left_out.items() if count]
    return tag(
        "header",
        tag("p", "Whimsight people", class_="kicker"),
        tag(
            "h1", "Whose preferences?", tag("span", without_paths(people.name), dir="auto", class_="dataset")
        ),
        tag("dl", *entries, class_="figures"),
        tag("p", people.stated, class_="note", dir="auto"),
        tag("p", f"Rows left out: {', '.join(left)}.", class_="note") if left else None,
        tag(
            "nav",
            *(tag("a", TITLES[name], href=f"#section-{name}") for name in present if name != "short"),
            aria_label="Sections",
        ),
    )


def short(people: Personalization, gain: Any) -> Html:
    """Return the whole in three to five sentences."""
    items = [tag("li", line) for line in said(people, gain)]
    return section("short", tag("ul", *items, class_="told"))


def differ(
    people: Personalization, features: Sequence[str], chart: Html, shown: int, *, linked: bool
) -> Html:
    """Return the chart of all, and the features in which people differ beyond chance."""
    personal = int(people.personal.sum())
    which = "all personal features" if shown >= personal else f"{shown} of {personal} personal features"
    caption = (
        f"The weight that people share, with its 95 % interval, for {which}, widest spread beyond chance first. The "
        "band holds two thirds of all people; its paler and darker parts are what it would be at both ends of the "
        "interval of tau. The hill is how the annotators' own weights lie, as far as their votes tell. Grey bands: "
        "no difference between people beyond chance."
    )
    lead = (
        None
        if features
        else tag(
            "p", "In no feature do people differ beyond chance. What the drawing shows are best guesses."
        )
    )
    table = differing_table(people, features, linked=linked) if features else None
    note = "Bold weights: the interval leaves 0 out. q of at most .05 for all of these."
    return section(
        "differ", lead, figure(chart, caption), table, tag("p", note, class_="note") if features else None
    )


def agree(people: Personalization, groups: Mapping[str, Sequence[str]], *, linked: bool) -> Html | None:
    """Return the features in which any spread is small, and those that are the same for all by choice."""
    alike, shared, absent = groups["agree"], groups["shared"], groups["absent"]
    if not (alike or shared or absent):
        return None
    lead = (
        "In these features no difference between people was found, and if there is one it is small: one weight "
        "serves all."
        if alike
        else "Of no personal feature do the votes show that people agree."
    )
    chosen = "Not personal, by the analyst's choice: everyone has the same weight; whether people differ is not asked."
    return section(
        "agree",
        tag("p", lead),
        agreeing_table(people, alike, linked=linked) if alike else None,
        join(
            tag("h3", "The same for everyone, by choice"),
            tag("p", chosen, class_="note"),
            agreeing_table(people, shared, linked=linked),
        )
        if shared
        else None,
        tag(
            "p", "No two responses that were voted on differ in: ", _names(people, absent), ".", class_="note"
        )
        if absent
        else None,
    )


def unclear(people: Personalization, features: Sequence[str], *, linked: bool) -> Html | None:
    """Return the features of which it cannot be said whether people differ."""
    if not features:
        return None
    lead = (
        "In these features people may differ or agree: no difference beyond chance was found, and the interval of "
        "tau leaves room for one. More votes of the same people would tell."
    )
    return section("unclear", tag("p", lead), differing_table(people, features, opposed=False, linked=linked))


def gain_section(gain: Any, chart: Html) -> Html:
    """Return whether personal weights predict better than everyone's."""
    caption = (
        "How much higher the AUC on a person's other votes is than with everyone's weights, after so many of the "
        "person's votes; mean over annotators with 95 % intervals. On the line: personal weights predict no "
        "better. Hollow marks: the interval holds 0. What lies far below is cut off."
    )
    return section("gain", tag("p", gain_sentence(gain)), figure(chart, caption), gain_table(gain))


def persons(asked: Sequence[tuple[Person, Html]], *, linked: bool) -> Html | None:
    """Return what the votes of annotators that were asked for say of their weights."""
    if not asked:
        return None
    parts = []
    for person, chart in asked:
        caption = (
            "Weights with 95 % intervals, those that set the annotator apart first; behind each the band that "
            "holds two thirds of all people. Filled marks, bold numbers: the interval leaves everyone's weight out."
        )
        votes = counted(person.votes, "decided vote")
        parts.append(
            join(
                tag("h3", tag("span", person.name, dir="auto"), tag("span", f" {votes}", class_="sure")),
                figure(chart, caption),
                person_table(person, linked=linked),
            )
        )
    return section("persons", *parts)


def mixer_section(widget: Html, *, names_only: bool) -> Html:
    """Return the living mixer."""
    texts = "" if not names_only else " This report leaves out the texts of the dataset."
    aside = (
        "Move the weights and see which responses win, and with whose votes that agrees. It all happens in this "
        f"page; nothing is kept.{texts}"
    )
    return section("features", tag("p", aside, class_="note"), widget)


def glossary() -> Html:
    """Return what every number means."""
    known = {term.replace("\u00a0", " "): meaning for term, meaning in GLOSSARY}
    terms = [(_TERMS[0], known[_TERMS[0]]), *_OWN_TERMS, *((term, known[term]) for term in _TERMS[1:])]
    entries = [join(tag("dt", term), tag("dd", meaning)) for term, meaning in terms]
    return join(
        section("glossary", tag("dl", *entries, class_="glossary")),
        section("limits", tag("ul", *(tag("li", limit) for limit in _LIMITS))),
    )


def about(people: Personalization) -> Html:
    """Return method, choices and versions, so that the whole can be made again."""
    import whimsight

    made = people.hierarchy
    model = [
        (
            "model",
            "logistic, all features together; each annotator an offset from N(0, tau²) on personal features",
        ),
        ("fitted by", "expectation propagation; tau by restricted maximum likelihood, intervals by profile"),
        (
            "own weights",
            f"shrunk with spreads times {made.carry:g}, by how they predict votes on other prompts",
        ),
        ("votes of", people.annotator),
        ("position", f"{number(made.intercept, sign=True)} log odds for the response shown as A"),
        ("tau of the position", number(made.tau_intercept)),
        ("personal features", f"{int(people.personal.sum())} of {len(people.features)}"),
    ]
    known = {key: value for key, value in people.study.facts.items() if value is not None}
    facts = flat(without_paths({"whimsight": whimsight.__version__, **known}))
    settings = flat(without_paths(people.study.settings.to_dict()))
    return section(
        "about",
        tag(
            "div",
            tag("div", lines("Method", model), lines("Settings of the study", settings)),
            lines("Facts", facts),
            class_="columns",
        ),
    )


def section(name: str, *children: object) -> Html:
    """Return a section under its title."""
    return tag("section", tag("h2", TITLES[name]), *children, id=f"section-{name}")


def _names(people: Personalization, features: Sequence[str]) -> Html:
    parts: list[object] = []
    for i, feature in enumerate(features):
        parts += [", " if i else "", tag("span", own_name(people, feature), dir="auto")]
    return join(*parts)
