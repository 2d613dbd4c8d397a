"""Tasks that ask two people, one after the other, whether a candidate may leave.

Each sees what would leave; only accounts that are enrolled in the role may answer. What an
answer means, and whether approvals hold, belongs to `peil.release.approvals`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, get_current_context, task

from peil.charter.clock import wall_today
from peil.outcome import Refused
from peil.store import parties
from peil.store.store import Store
from peil.tasks.chain import SOON, WHEN, Pilot, is_walked
from peil.tasks.places import link

ROLES: tuple[parties.Role, ...] = ("operator", "agency")
YES, NO = "Approve", "Reject"


def _accounts(role: str) -> list[Any]:
    """Accounts of Airflow that may answer in a role today."""
    try:
        people = parties.of_pilot(Store(), is_synthetic=False)
    except Refused:  # a party's file that was changed: nobody may answer, the release says why
        return []
    return [
        {"id": person.account, "name": person.account}
        for person in people
        if person.role == role and person.account and person.holds_on(wall_today())
    ]


def asks(pilot: Pilot, product: str, days: list[str]) -> bool:
    """Whether people are asked here: not by a walk, and not where nobody could answer.

    Leaves what they are shown for the tasks that ask. Who has no account answers by `peil approve`.
    """
    from peil.charter import reading
    from peil.release import approvals

    if reading.load(pilot.name).is_synthetic or is_walked():
        return False
    if not all(_accounts(role) for role in ROLES):
        return False
    shown = [approvals.show(pilot.name, day, product) for day in days]
    instance: Any = get_current_context()["ti"]
    instance.xcom_push("candidates", {str(each.day): each.candidate for each in shown})
    text = "\n\n".join(
        f"**{each.day}**, candidate {each.candidate[: approvals.SHORTEST]}\n"
        + "\n".join(f"- {line}" for line in [*each.lines, *_to_look_at(each.places)])
        for each in shown
    )
    instance.xcom_push("shown", text)
    return True


def _to_look_at(places: list[Path]) -> list[str]:
    return [f"look at {link(place)}" for place in places]


def can_be_asked(pilot: Pilot, role: str) -> bool:
    """Whether somebody may answer in a role; of a simulated pilot nobody is asked."""
    from peil.charter import reading

    return not reading.load(pilot.name).is_synthetic and bool(_accounts(role))


def one_answer(pilot: Pilot, role: parties.Role, asker: str) -> Any:
    """Declare the question whether a version may take the champion's place; return it.

    Parameters
    ----------
    asker : str
        Id of the task that leaves ``version`` and ``shown``.
    """
    pull = "{{{{ ti.xcom_pull(task_ids='{asker}', key='{key}') }}}}"
    version, shown = (pull.format(asker=asker, key=key) for key in ("version", "shown"))
    return HITLOperator(
        task_id=f"approval_{role}",
        doc_md=f"Show {parties.words(role)} what the study found, and ask whether it may stand.",
        subject=f"Let {version} of {pilot.name} take the champion's place?",
        body=f"{shown}\n\nWhat is released from then on is its. Your name and the version go into "
        "the ledger; `peil rollback` goes back.",
        options=[YES, NO],
        assigned_users=_accounts(role) or None,
        retry_delay=SOON,
    )


def two_answers(pilot: Pilot, product: str, asker: str, suffix: str = "") -> tuple[Any, Any]:
    """Declare the questions to both roles; return the first question and the last record.

    Parameters
    ----------
    asker : str
        Id of the task that called `asks`.
    suffix : str
        Behind the ids of the tasks, where a DAG asks for more than one product.
    """
    first, before = None, None
    for role in ROLES:
        question = HITLOperator(
            task_id=f"approval_{role}{suffix}",
            doc_md=f"Show {parties.words(role)} what would leave, and ask whether it may.",
            subject=f"Release {product} of {pilot.name}, {WHEN}? ({parties.words(role)})",
            body=f"{{{{ ti.xcom_pull(task_ids='{asker}', key='shown') }}}}\n\nWhat is released "
            "cannot be called back. Your name, your answer and the candidate go into the ledger; "
            "a rejection needs a reason.",
            options=[YES, NO],
            params={"reason": Param("", type="string", title="Why it is rejected")},
            assigned_users=_accounts(role) or None,
            # what fails here is Airflow's own (an answer that came too soon): it asks again at once
            retry_delay=SOON,
        )
        recorded = _recorded(pilot, product, role, asker, suffix)(question.output)
        if before is not None:
            before >> question
        first, before = first or question, recorded
    return first, before


def _recorded(pilot: Pilot, product: str, role: str, asker: str, suffix: str) -> Any:
    @task.short_circuit(
        task_id=f"approved_{role}{suffix}",
        ignore_downstream_trigger_rules=True,  # a rejection skips all that follows
        on_failure_callback=pilot.tell("approval"),
    )
    def record(answer: dict[str, Any]) -> bool:
        """Write the answer into the ledger with who gave it; a rejection skips what follows."""
        from peil.release import approvals

        is_yes: bool = answer["chosen_options"] == [YES]
        reason = str((answer.get("params_input") or {}).get("reason") or "").strip()
        instance: Any = get_current_context()["ti"]
        candidates: dict[str, str] = instance.xcom_pull(task_ids=asker, key="candidates")
        for day, candidate in sorted(candidates.items()):
            approvals.answer_by_account(
                pilot.name,
                day,
                role,
                answer["responded_by_user"]["name"],
                candidate,
                product,
                rejects="" if is_yes else reason or "no reason given",
            )
        return is_yes

    return record
