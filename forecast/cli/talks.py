"""``forecast talks``: look into the table of historical talks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecast.cli.shared import JsonOption, console, parse_date, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from forecast.talks import Talks


def talks(
    talk: Annotated[str | None, typer.Argument(
        metavar="TALK", show_default=False, help="Id of one talk: print its timeline.")] = None,
    near: Annotated[str | None, typer.Option(
        "--like", "--near", metavar="SCENARIO", show_default=False,
        help="The past talks most like a scenario.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, metavar="N", help="How many with --like.")] = 10,
    domain: Annotated[str | None, typer.Option(show_default=False, metavar="DOMAIN", help="Only this domain.")] = None,
    region: Annotated[str | None, typer.Option(show_default=False, metavar="REGION", help="Only this region.")] = None,
    party: Annotated[str | None, typer.Option(show_default=False, metavar="NAME", help="Only with this party.")] = None,
    outcome: Annotated[str | None, typer.Option(
        show_default=False, metavar="OUTCOME", help="Only with this outcome; also deal, no_deal.")] = None,
    since: Annotated[str | None, typer.Option(
        show_default=False, metavar="DATE", help="Under way on or after this day.")] = None,
    until: Annotated[str | None, typer.Option(
        show_default=False, metavar="DATE", help="Under way on or before this day.")] = None,
    text: Annotated[str | None, typer.Option(
        show_default=False, metavar="TEXT", help="Only with this text in the id, name or note.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Look into the table of past talks: a list, one timeline, or those most like a scenario.

    The table was collected to hold about half deals: its rates are not the world's.
    """
    from forecast.talks import filter_talks, load_talks

    filters: dict[str, Any] = {"domain": domain, "region": region, "party": party, "outcome": outcome, "text": text}
    for name, day in (("since", since), ("until", until)):
        filters[name] = parse_date(day, f"--{name}") if day else None
    given = [f"--{name}" for name, value in filters.items() if value is not None]
    if talk and (near or given):
        raise typer.BadParameter(f"TALK stands alone, without {(given or ['--near'])[0]}", param_hint="TALK")
    table = load_talks()
    if talk:
        _show(table, talk, as_json)
        return
    chosen = filter_talks(table, **filters)
    if near:
        _nearest(chosen, near, count, as_json)
    else:
        _list(chosen, as_json)


def _show(table: Talks, talk: str, as_json: bool) -> None:
    """Print one talk as a timeline."""
    from forecast.talks import list_rows, timeline

    rows, about = timeline(table, talk), list_rows(table.subset([talk]))[0]
    if as_json:
        print_json({**about, "timeline": rows})
        return
    typer.echo(printable(f"{about['name']}: {about['domain']}, {' - '.join(about['parties'])}"))
    shown = _table("date", "until", "what", "", "text")
    for row in rows:
        more = ", ".join(str(row[key]) for key in ("mode", "absent") if row[key])
        until = row["until"] if row["until"] not in (None, row["date"]) else ""
        label = row["label"] + (f" ({row['severity']})" if row["severity"] else "")
        _add(shown, row["date"] or "no date", until, row["what"], label, row["text"] + (f"; {more}" if more else ""))
    console().print(shown)


def _list(table: Talks, as_json: bool) -> None:
    """Print one line per talk, and how many of them ended in a deal."""
    from forecast.talks import base_rate, list_rows

    rows, rate = list_rows(table), base_rate(table)
    if as_json:
        print_json({"talks": rows, "base_rate": rate})
        return
    shown = _table("talk", "domain", "start", "end", "outcome", "held", "lost")
    for row in rows:
        _add(shown, row["talk_id"], row["domain"], row["start"] or "", row["end"], row["outcome"],
             row["rounds_held"], row["attempts_lost"])
    console().print(shown)
    _say_rate(rate, "of these that are over")


def _nearest(table: Talks, near: str, count: int, as_json: bool) -> None:
    """Print the past talks most like a scenario, and what became of them."""
    from forecast.scenario import load_scenario, resolve
    from forecast.talks import nearest

    found = nearest(table, resolve(load_scenario(near)), n=count)
    if as_json:
        print_json(found.to_dict())
        return
    shown = _table("talk", "domain", "start", "outcome", "held", "lost", "distance")
    for row in found:
        _add(shown, row["talk_id"], row["domain"], row["start"] or "", row["outcome"], row["rounds_held"],
             row["attempts_lost"], f"{row['distance']:.2f}")
    console().print(shown)
    _say_rate(found.base_rate, "past talks")


def _say_rate(rate: dict[str, Any], which: str) -> None:
    """Print a base rate with its n and what it is not."""
    for words, part in ((which, rate), (f"in {(rate['domain'] or {}).get('name')}", rate["domain"])):
        deal = part and part["deal"]
        if deal and deal["n"]:
            typer.echo(f"a deal in {deal['deals']} of {deal['n']} {words}: {deal['p']:.0%} "
                       f"({deal['low']:.0%} to {deal['high']:.0%})")
    typer.echo(f"({rate['note']})")


def _table(*columns: str) -> Table:
    """Return an empty table without lines."""
    from rich.table import Table

    return Table(*columns, box=None, pad_edge=False, header_style="bold")


def _add(table: Table, *cells: Any) -> None:
    """Add a row of plain text: nothing in it is markup."""
    from rich.text import Text

    table.add_row(*(Text(printable(str(cell))) for cell in cells))
