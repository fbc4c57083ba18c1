"""The alert rules: each fires when it should and keeps quiet otherwise, by Prometheus's own tool."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES, CASES = ROOT / "ops" / "alerts.yml", ROOT / "ops" / "alerts.test.yml"


@pytest.fixture(scope="module")
def promtool():
    """Return Prometheus's tool: scripts/test puts one into var/tools where apt is at hand."""
    own = ROOT / "var" / "tools" / "promtool"
    found = str(own) if own.exists() else shutil.which("promtool")
    if found is None:
        pytest.skip("NOT TESTED: the alert rules, because there is no promtool here")
    return found


def run(promtool, *arguments):
    return subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False, cwd=ROOT / "ops")


def names(path, key):
    return re.findall(rf"{key}: (\w+)", path.read_text())


def test_the_rules_are_ones_that_prometheus_takes(promtool):
    done = run(promtool, "check", "rules", RULES.name)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(names(RULES, 'alert'))} rules found" in done.stdout


def test_each_rule_fires_when_it_should_and_keeps_quiet_otherwise(promtool):
    done = run(promtool, "test", "rules", CASES.name)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("rule", "blunted"),
    [
        ("> 0.05", "> 0.07"),
        ("> 10\n", "> 25\n"),
        ('status=~"5.."', 'status=~"4.."'),
        (', route!~"/health.*"', ""),
        ("30 * 3600", "28 * 3600"),
        (" or (carboncore_database_up == 1 unless on (instance) carboncore_worker_heartbeat_age_seconds)", ""),
        ("|factor", "|fractor"),
    ],
)
def test_the_cases_notice_a_rule_that_is_off(promtool, tmp_path, rule, blunted):
    # given the rules with one of them changed
    text = re.sub(r"\n +(?=or \()", " ", RULES.read_text())
    assert rule in text
    (tmp_path / RULES.name).write_text(text.replace(rule, blunted, 1 if rule.startswith(">") else -1))
    shutil.copy(CASES, tmp_path)

    done = subprocess.run(
        [promtool, "test", "rules", CASES.name], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert done.returncode == 1
    assert "FAILED" in done.stdout + done.stderr


def test_every_rule_has_a_case_in_which_it_fires():
    fired = set()
    for case in re.split(r"\n +- (?=alertname|\{alertname)", CASES.read_text())[1:]:
        if "exp_labels" in case:
            fired.add(re.search(r"alertname: (\w+)", case).group(1))

    assert fired == set(names(RULES, "alert"))
