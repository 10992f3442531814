"""The files that containers are built and run from: well-formed, hardened, and of one mind with the server."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.audit import flaws, weaknesses
from deploy.image_steps import context, instructions, stages
from settings import listing
from tests.conftest import CLIENT
from tests.docs.blocks import ROOT
from tests.running import Servers

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = {name for name, _, _ in listing()}
SECRET = {"echotik_username", "echotik_password", "shopgraph_store", "shopgraph_metrics_token", "shopgraph_image_key"}


def kind(name: str) -> Any:
    """The one manifest of that kind that is the server's."""
    documents = [each for file in MANIFESTS for each in yaml.safe_load_all(file.read_text())]
    (found,) = [each for each in documents if each["kind"] == name and each["metadata"]["name"] == "shopgraph"]
    return found


def beside_python(name: str) -> str:
    return str(Path(sys.executable).parent / name)


# ── the image ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_dockerfile_has_no_fault_that_its_linter_knows():
    assert subprocess.run([beside_python("hadolint"), "Dockerfile"], cwd=ROOT, check=False).returncode == 0


def test_the_image_runs_as_a_number_checks_its_health_and_ends_by_sigterm():
    last = {each.name: each for each in stages(list(instructions(DOCKERFILE)))[-1][1]}

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"].text)
    assert last["ENTRYPOINT"].words == ["python", "server.py", "--host", "0.0.0.0"]
    assert last["STOPSIGNAL"].text == "SIGTERM"
    assert "/healthz" in last["HEALTHCHECK"].text
    assert last["VOLUME"].text == "/data"


def test_every_package_of_the_image_has_its_hash():
    installs = re.findall(r"pip [^&]*?install[^&]*", DOCKERFILE.replace("\\\n", " "))

    assert len(installs) == 1
    assert all("--require-hashes" in each and "--no-deps" in each for each in installs)


def test_nothing_but_the_program_is_sent_to_be_built_and_nothing_of_it_is_lacking(tmp_path: Path):
    project = tmp_path / "project"
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    wanted = [f"{room}/__init__.py" for room in rooms]
    wanted += ["server.py", "settings.py", "pyproject.toml", "LICENSE", "requirements.txt", "requirements-extras.txt"]
    wanted += ["scripts/page", "web/.npmrc", "web/package-lock.json", "web/src/a.js", "agents/operations/a.graphql"]
    unwanted = [
        ".env",
        ".shopgraph/keys",
        ".git/config",
        ".venv/bin/python",
        "tests/a.py",
        "docs/a.md",
        "deploy/secrets/a",
    ]
    unwanted += [
        "web/node_modules/a.js",
        "web/dist/a.js",
        "web/.env",
        "store/__pycache__/a.pyc",
        "store/.shopgraph/keys",
    ]
    unwanted += ["store/a.sqlite", "scripts/keys", "bench/a.py", "conftest.py"]
    for name in (*wanted, *unwanted):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    shutil.copy(ROOT / ".dockerignore", project)

    assert sorted(context(project)) == sorted(wanted)


# ── Compose ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_container_may_write_to_its_root_or_gain_rights():
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_only_this_machine_is_served_and_the_store_is_reached_by_the_server_alone():
    services = COMPOSE["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert ports and all(port.startswith("127.0.0.1:") for port in ports)
    assert COMPOSE["networks"]["store"] == {"internal": True}
    assert services["valkey"]["networks"] == ["store"] and "ports" not in services["valkey"]
    assert [name for name, each in services.items() if "store" in each["networks"]] == ["shopgraph", "valkey"]


def test_what_compose_mounts_is_there():
    mounts = [volume for service in COMPOSE["services"].values() for volume in service.get("volumes", [])]
    mounted = [volume.split(":")[0] for volume in mounts]

    assert [each for each in mounted if each.startswith(".") and not (DEPLOY / each).exists()] == []
    assert {each for each in mounted if not each.startswith(".")} == set(COMPOSE["volumes"])


def test_secrets_are_files_that_no_commit_takes_up():
    server = COMPOSE["services"]["shopgraph"]

    assert server["environment"]["SHOPGRAPH_SECRETS_DIR"] == "/run/secrets/shopgraph"
    assert "./secrets:/run/secrets/shopgraph:ro" in server["volumes"]
    assert all(each["file"].startswith("./secrets/") for each in COMPOSE["secrets"].values())
    assert (DEPLOY / "secrets/.gitignore").read_text().splitlines()[-2:] == ["*", "!.gitignore"]
    assert not {name.lower() for name in server["environment"]} & SECRET - {"shopgraph_store"}


def test_what_is_set_in_containers_is_a_setting():
    given = {*COMPOSE["services"]["shopgraph"]["environment"], *kind("ConfigMap")["data"]}
    given |= {name.upper() for name in kind("Secret")["stringData"] if name not in ("keys", "valkey_password")}
    given |= set(re.findall(r"\b((?:SHOPGRAPH|ECHOTIK|KEYAPI|WINNINGHUNTER)_[A-Z_]+)=", DOCKERFILE))

    assert given - SETTINGS == set()


# ── Kubernetes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_manifests_are_what_a_cluster_takes():
    called = [beside_python("kubernetes-validate"), "--strict", *map(str, MANIFESTS)]
    checked = subprocess.run(called, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(MANIFESTS) > 6


def test_pods_are_hardened_probed_and_given_the_time_to_drain():
    pod = kind("Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    defaults = {name: value for name, value, _ in listing()}
    needed = float(kind("ConfigMap")["data"]["SHOPGRAPH_DRAIN_S"]) + int(defaults["SHOPGRAPH_DEADLINE_MS"]) / 1000 + 5

    assert pod["terminationGracePeriodSeconds"] > needed
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" in DOCKERFILE
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


def test_secrets_of_the_manifests_are_placeholders_and_mounted_as_files():
    secret = kind("Secret")["stringData"]
    (volume,) = [
        each for each in kind("Deployment")["spec"]["template"]["spec"]["volumes"] if each["name"] == "secrets"
    ]

    assert all("replace-me" in value for value in secret.values())
    assert {item["path"] for item in volume["secret"]["items"]} == set(secret) - {"valkey_password"}


def test_at_least_two_replicas_are_kept_by_every_policy():
    replicas = kind("HorizontalPodAutoscaler")["spec"]

    assert 2 <= replicas["minReplicas"] < replicas["maxReplicas"]
    assert kind("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_selectors_find_the_pods():
    labels = kind("Deployment")["spec"]["template"]["metadata"]["labels"]

    for name in ("Deployment", "PodDisruptionBudget"):
        assert kind(name)["spec"]["selector"]["matchLabels"] == labels
    assert kind("Service")["spec"]["selector"] == labels
    assert kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels


# ── the locks ─────────────────────────────────────────────────────────────────────────────────────────────────────

HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a==1 \\\n    {HASH}\n    # via b\n", []),
        (f"a==1 ; python_version < '3' \\\n    {HASH}\nb==2\n", ["b has no hash"]),
        (f"a @ https://host/a.whl {HASH}\n", ["a is no version of a package"]),
        (f"a>=1 {HASH}\n", ["a>=1 is no version of a package"]),
        (f"--index-url https://host/simple\na==1 {HASH}\n", ["--index-url is no version of a package"]),
    ],
)
def test_a_lock_needs_a_version_and_a_hash_of_each_package_and_nothing_else(
    tmp_path: Path, text: str, found: list[str]
):
    lock = tmp_path / "requirements.txt"
    lock.write_text(text)

    assert flaws(lock) == found


def test_a_lock_of_npm_needs_a_hash_of_each_package_and_names_no_address(tmp_path: Path):
    lock = tmp_path / "package-lock.json"
    lock.write_text(
        '{"packages": {"": {}, "a": {"integrity": "sha512-x"}, "b": {}, "c": {"integrity": "sha512-", "resolved": ""}}}'
    )

    assert flaws(lock) == ["b has no hash", "c names where it comes from"]


def test_who_audits_and_reaches_nobody_is_told_apart_from_one_who_finds_nothing(tmp_path: Path):
    def told(program: str) -> object:
        return weaknesses([sys.executable, "-c", program], tmp_path)

    assert told("raise SystemExit('no route')") is None
    assert told('print(\'{"message": "405"}\'); raise SystemExit(1)') is None
    assert told("print('{\"dependencies\": []}')") == {"dependencies": []}
    assert told("print('{\"dependencies\": [1]}'); raise SystemExit(1)") == {"dependencies": [1]}


# ── what is mounted ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_reads_its_secrets_from_a_folder_as_a_cluster_mounts_it(servers: Servers, tmp_path: Path):
    mounted = tmp_path / "secrets"
    (mounted / "..2026_01_01").mkdir(parents=True)
    (mounted / "..data").symlink_to("..2026_01_01")
    key, token = "a key of anna's", "a token of Prometheus's"
    values = {
        "keys": f"anna:{hashlib.sha256(key.encode()).hexdigest()}:500\n",
        "echotik_username": "somebody",
        "echotik_password": "secret",
        "shopgraph_store": f"sqlite:{tmp_path / 'store.sqlite'}",
        "shopgraph_metrics_token": f"{token}\n",
        "shopgraph_image_key": "sixteen letters or more",
    }
    for name, value in values.items():
        (mounted / "..data" / name).write_text(value)
        (mounted / name).symlink_to(Path("..data", name))
    given = {name: value for name, value in kind("ConfigMap")["data"].items() if "/run/secrets" not in value}
    paths = {"SHOPGRAPH_SECRETS_DIR": str(mounted), "SHOPGRAPH_API_KEYS_FILE": str(mounted / "keys")}
    server = servers.start(tmp_path, {**given, **paths, "SHOPGRAPH_DATA_DIR": str(tmp_path / "data")})

    def metrics(headers: dict[str, str]) -> int:
        return CLIENT.get(f"{server.url}/metrics", headers=headers).status_code

    assert set(values) == set(kind("Secret")["stringData"]) - {"valkey_password"}
    assert metrics({}) == 401
    assert metrics({"authorization": f"Bearer {token}"}) == 200
    answered = server("{ quota { client remaining } }", headers={"authorization": f"Bearer {key}"})
    assert answered.data == {"quota": {"client": "anna", "remaining": 500}}
    assert CLIENT.get(f"{server.url}/readyz").json()["upstream"].startswith("EchoTik v3 and v2 at https://")
