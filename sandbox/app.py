"""The ASGI application: the routes of every provider, and beside them `/_sandbox/…`, the control over HTTP."""

import asyncio
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from sandbox.cache import Cache
from sandbox.control import Call, Control, Rule
from sandbox.echotik import ECHOTIK
from sandbox.faults import FAULTS, Exchange, hang_up
from sandbox.parameter import Arguments, Refused
from sandbox.reply import Reply
from sandbox.route import Provider, Question, Route, Setting
from sandbox.world import World

PROVIDERS = (ECHOTIK,)


class Endpoint:
    """Answers one route of a provider, or, without a route, every path of it that is none."""

    def __init__(self, provider: Provider, route: Route | None, sandbox: "Sandbox") -> None:
        self.provider = provider
        self.route = route
        self.sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = Call(*self._named(request), _params(request))
        answer = partial(self._answer, request.headers.get("authorization", ""), call)
        with self.sandbox.control.record(call):
            try:
                await self._exchange(Exchange(call, scope, receive, send, self._failure, answer))
            except asyncio.CancelledError:  # the server stops while the request is open
                await hang_up(receive)

    async def _exchange(self, exchange: Exchange) -> None:
        control = self.sandbox.control
        await asyncio.sleep(control.seconds(exchange.call.path))
        rule = control.claim(exchange.call)
        if rule:
            await FAULTS[rule.fault](exchange, rule.options)
        else:
            await exchange.reply(exchange.answer())

    def _named(self, request: Request) -> tuple[str, str]:
        if self.route:
            return self.route.version, self.route.path
        return "", str(request.url.path).removeprefix(self.provider.base)

    def _failure(self, code: int, message: str) -> bytes:
        return self.provider.failure(code, message, self.route)

    def _answer(self, authorization: str, call: Call) -> Reply:
        if not self.provider.authorized(authorization, self.sandbox.username, self.sandbox.password):
            return Reply(self._failure(401, "Unauthorized"), status=401, code=401)
        if not self.route:
            return Reply(self._failure(404, "Not Found"), status=404, code=404)
        try:
            arguments = Arguments(self.route.parameters, call.params)
            return self.route.answer(self.sandbox.question(self.route, arguments))
        except Refused as refusal:
            return Reply(self._failure(500, str(refusal)), code=500)


class Sandbox:
    """What every endpoint of one application shares."""

    def __init__(self, world: World, control: Control, username: str, password: str, setting: Setting) -> None:
        self.world = world
        self.control = control
        self.username = username
        self.password = password
        self.setting = setting
        self.rows = Cache(4096)
        self.lists = Cache(128)

    def question(self, route: Route, arguments: Arguments) -> Question:
        return Question(self.world, route.version, arguments, self.setting, self.rows, self.lists)

    def routes(self, provider: Provider) -> list[BaseRoute]:
        found: list[BaseRoute] = [
            Path(route.wire_path, Endpoint(provider, route, self), methods=["GET"]) for route in provider.routes
        ]
        return [*found, Path(f"{provider.base}{{rest:path}}", Endpoint(provider, None, self))]

    async def calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.control.forget_calls()
            return Response(status_code=204)
        return JSONResponse({"calls": self.control.seen(), "max_in_flight": self.control.max_in_flight})

    async def faults(self, request: Request) -> Response:
        """POST takes the arguments of SandboxServer.fail, options beside them; DELETE drops all, delays too."""
        if request.method == "DELETE":
            self.control.forget_rules()
            return Response(status_code=204)
        try:
            self.control.add(rule_of(**await request.json()))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def delay(self, request: Request) -> Response:
        """POST {"seconds": 0.2, "path": "product/list"}; without a path, all of them."""
        wanted = await request.json()
        self.control.delay(float(wanted["seconds"]), wanted.get("path"))
        return Response(status_code=204)

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "seed": self.world.seed, "today": self.world.today.isoformat()})


def create_app(
    world: World,
    control: Control,
    *,
    username: str = "sandbox",
    password: str = "sandbox",
    setting: Setting | None = None,
) -> Starlette:
    """The emulated providers over a world, steered by a control. `setting` may be changed through the app's state."""
    sandbox = Sandbox(world, control, username, password, setting or Setting())
    routes = [
        Path("/_sandbox/calls", sandbox.calls, methods=["GET", "DELETE"]),
        Path("/_sandbox/faults", sandbox.faults, methods=["POST", "DELETE"]),
        Path("/_sandbox/delay", sandbox.delay, methods=["POST"]),
        Path("/_sandbox/health", sandbox.health, methods=["GET"]),
        *(route for provider in PROVIDERS for route in sandbox.routes(provider)),
    ]
    app = Starlette(routes=routes)
    app.state.sandbox = sandbox
    return app


def rule_of(path: str, fault: str, **rest: Any) -> Rule:
    """A rule from plain arguments; ValueError for a fault that is none."""
    if fault not in FAULTS:
        raise ValueError(f"no fault is called {fault!r}; there are {', '.join(sorted(FAULTS))}")
    known = {name: rest.pop(name) for name in ("times", "version") if name in rest}
    when = {name: str(value) for name, value in (rest.pop("when", None) or {}).items()}
    return Rule(path, fault, rest, when=when, **known)


def _params(request: Request) -> dict[str, str]:
    """Query parameters; one sent several times is joined with commas."""
    params: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        params[name] = f"{params[name]},{value}" if name in params else value
    return params
