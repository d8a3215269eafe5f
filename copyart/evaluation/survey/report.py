"""The page of a survey's scores: who was right, which pictures fooled most, and whether people agree."""

from pathlib import Path

from markupsafe import Markup

from copyart.evaluation.survey.record import PAINTED, REAL, Survey
from copyart.evaluation.survey.scoring import Scores
from copyart.pages import COLORS, drawing, render, write_page

_COLOR = {REAL: COLORS[1], PAINTED: COLORS[0]}
_MOST_PEOPLE = 12  # up to so many, a table of each with each fits on a page


def write_report(scores: Scores, survey: Survey, path: Path) -> Path:
    """Writes a page with the figures, plots of them, and the pictures, those that fooled most first.

    Raises:
        EvaluationError: If it cannot be written.
    """
    names = [person.name for person in scores.people]
    kappas = {agreement.people: agreement for agreement in scores.cohen}
    page = render(
        "survey_report.html",
        title=scores.title,
        scores=scores,
        color=_COLOR,
        plot=_plot_pictures(scores),
        pictures=[(judged, Markup(survey.pictures[judged.number - 1].data)) for judged in scores.pictures],  # noqa: S704  # as we wrote it
        names=names if len(names) <= _MOST_PEOPLE else [],
        kappas={pair: agreement for (a, b), agreement in kappas.items() for pair in ((a, b), (b, a))},
        reasons=sorted({agreement.why for agreement in scores.cohen if agreement.why}),
    )
    return write_page(path, page)


def _plot_pictures(scores: Scores) -> Markup:
    """Draws the share of people who said real, picture by picture, the most convincing on the left."""
    shown = sorted(
        (judged for judged in scores.pictures if judged.said_real),
        key=lambda judged: (-judged.said_real.share if judged.said_real else 0, judged.truth, judged.number),
    )
    with drawing(1, columns=1, height=3) as drawn:
        axis = drawn.axes[0]
        for i, judged in enumerate(shown):
            if said := judged.said_real:
                axis.plot([i, i], [said.low, said.high], color=_COLOR[judged.truth], linewidth=5, alpha=0.25)
                axis.plot(i, said.share, "o", color=_COLOR[judged.truth], markersize=7, clip_on=False)
        axis.axhline(0.5, color="#222", linewidth=0.8, linestyle=":")
        axis.set_xticks(
            range(len(shown)), [str(judged.number) for judged in shown], fontsize=9 if len(shown) < 45 else 6
        )
        axis.set_xlim(-0.6, len(shown) - 0.4)
        axis.set_ylim(0, 1)
        axis.grid(axis="y", alpha=0.25)
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
        axis.set_xlabel("picture")
        axis.set_ylabel("said: real")
        for truth, words in ((REAL, "real"), (PAINTED, "painted by the network")):
            axis.plot([], [], "o", color=_COLOR[truth], label=words)
        axis.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    return drawn.svg
