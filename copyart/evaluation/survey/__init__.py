"""Surveys that ask people: real, or painted by the network?

`make_survey` chooses the pictures, `write_survey` writes the page that asks and the key that knows, `read_answers`
reads what people sent back, `score_survey` counts it, and `write_report` draws it.
"""

from copyart.evaluation.survey.answers import Answers, read_answers
from copyart.evaluation.survey.making import check_survey, make_survey, write_survey
from copyart.evaluation.survey.record import PAINTED, REAL, Asked, Survey, key_of, read_survey
from copyart.evaluation.survey.report import write_report
from copyart.evaluation.survey.scoring import Agreement, Judged, Person, Scores, Share, score_survey, share

__all__ = [
    "PAINTED",
    "REAL",
    "Agreement",
    "Answers",
    "Asked",
    "Judged",
    "Person",
    "Scores",
    "Share",
    "Survey",
    "check_survey",
    "key_of",
    "make_survey",
    "read_answers",
    "read_survey",
    "score_survey",
    "share",
    "write_report",
    "write_survey",
]
