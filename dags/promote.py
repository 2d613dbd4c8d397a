"""Promote: lets a better version of presence take the incumbent's place, on a study's evidence.

Has no schedule: start it from the console with a candidate and the study that tries it. A person of
the operator is asked under an enrolled account, and sees what the study found.

If it fails: the champion is still the one before. A refusal names what spoke against the candidate,
or says that nobody is enrolled who could be asked; `peil promote` is the same with a key.
"""

from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from peil.tasks.asking import one_answer
from peil.tasks.chain import Pilot, pilots, report_outcome

TITLES = {"candidate": "presence@2, or one of the study", "study": "Name of the study"}


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        **pilot.dag("promote", __doc__, active_runs=1),
        schedule=None,
        params={name: Param("", type="string", title=title) for name, title in TITLES.items()},
    ) as dag:

        @task.short_circuit(task_id="promote", on_failure_callback=pilot.tell("promote"))
        def weigh() -> bool:
            """Weigh the candidate against the incumbent; ask a person where one has to be asked."""
            from peil.score.promoting import promote
            from peil.tasks.asking import can_be_asked

            context: Any = get_current_context()
            words = [str(context["params"][name]).strip() for name in TITLES]
            if not can_be_asked(pilot, "operator"):
                context["ti"].xcom_push(
                    "outcome", report_outcome(promote.promote(pilot.name, *words))
                )
                return False
            shown = promote.show(pilot.name, *words)
            context["ti"].xcom_push("version", shown.version)
            context["ti"].xcom_push("study", words[1])
            context["ti"].xcom_push("shown", "\n".join(f"- {line}" for line in shown.lines))
            return True

        @task(task_id="approved_operator", on_failure_callback=pilot.tell("promote"))
        def record(answer: dict[str, Any]) -> dict[str, Any] | None:
            """Write the answer into the ledger, and let the version take its place."""
            from peil.score.promoting import promote

            instance: Any = get_current_context()["ti"]
            version, study = (
                instance.xcom_pull(task_ids="promote", key=key) for key in ("version", "study")
            )
            account = answer["responded_by_user"]["name"]
            if answer["chosen_options"] != ["Approve"]:
                return None  # it stays challenger
            return report_outcome(promote.promote(pilot.name, version, study, account=account))

        question = one_answer(pilot, "operator", "promote")
        weigh() >> question
        record(question.output)
    return dag


for _pilot in pilots():
    globals()[f"promote__{_pilot.name}"] = declare(_pilot)
