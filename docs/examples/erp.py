#!/usr/bin/env python3
"""Files a rental claim for an enterprise and follows it to its payment. Python's standard library only.

    erp.py file     the contract, the invoice and the claim; run it as often as you like
    erp.py watch    what has happened since the last time, and where each claim stands

Settings are environment variables:

    LEDGER_URL                                  https://ledger.example
    LEDGER_TOKEN                                a token; or, from an OpenID Connect provider:
    LEDGER_TOKEN_URL, LEDGER_CLIENT, LEDGER_SECRET, LEDGER_RESOURCE
    LEDGER_BILL                                 the file that says what is to be claimed, as JSON
    LEDGER_STATE                                the file in which this program remembers ids and events
"""
import json, os, sys, time, urllib.error, urllib.parse, urllib.request


class Problem(Exception):
    """A refusal: nothing was done, and the same key gets the same refusal again."""

    def __init__(self, status, body):
        self.status, self.code, self.body = status, body.get("code"), body
        places = "".join(f"\n  at {e.get('pointer')}: {e.get('detail')}" for e in body.get("errors", []))
        super().__init__(f"{self.code}: {body.get('detail')}\n  what to do: {body.get('remedy')}{places}\n"
                         f"  request {body.get('request_id')}")


class Ledger:
    TRIES = 8

    def __init__(self, url, token, state):
        self.url, self.token, self.kept, self.state = url.rstrip("/"), token, None, state

    def write(self, name, path, body, method="POST", **more):
        """Does one thing of ours once. Its key is made of our own name for it, so whoever runs this twice, or after a
        crash, sends the same key. A refusal uses the key up: what was put right since is sent with the next one."""
        refused = self.state["refused"]
        try:
            return self.send(method, path, body, key=f"{name}-{refused.get(name, 0)}", **more)
        except Problem:
            refused[name] = refused.get(name, 0) + 1
            raise

    def send(self, method, path, body=None, key=None, media_type="application/json"):
        """One request, until it has an answer. A write needs a key, the same for each try of the same thing."""
        headers = {"Accept": "application/json", "Accept-Language": os.environ.get("LEDGER_LANGUAGE", "zh-CN")}
        if body is not None:
            headers["Content-Type"] = media_type
            body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        if key is not None:
            headers["Idempotency-Key"] = key
        renewed = False
        for attempt in range(self.TRIES):
            self.kept = self.kept or self.token()
            headers["Authorization"] = "Bearer " + self.kept
            request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
            wait = min(2 ** attempt, 60)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as refusal:
                problem = Problem(refusal.code, read_problem(refusal))
                if refusal.code == 401 and not renewed:
                    renewed, self.kept = True, None       # it has expired: fetch another, once
                    continue
                if refusal.code not in (429, 502, 503, 504):
                    raise problem from None
                wait = int(refusal.headers.get("Retry-After") or wait)
            except (OSError, ValueError) as lost:         # no connection, or it broke before the answer was whole
                problem = lost
            print(f"  no answer to {method} {path} ({problem}); again in {wait} s", file=sys.stderr)
            time.sleep(wait)
        raise SystemExit(f"{method} {path}: no answer after {self.TRIES} tries; run this again later")


def read_problem(refusal):
    try:
        return json.loads(refusal.read())
    except ValueError:                                    # a proxy in between wrote it
        return {"code": f"http_{refusal.code}", "detail": refusal.reason}


def token():
    """A token that is at hand, or one from the identity provider for this program's secret."""
    if "LEDGER_TOKEN" in os.environ:
        return os.environ["LEDGER_TOKEN"]
    form = {"grant_type": "client_credentials", "client_id": os.environ["LEDGER_CLIENT"],
            "client_secret": os.environ["LEDGER_SECRET"]}
    if "LEDGER_RESOURCE" in os.environ:
        form["resource"] = os.environ["LEDGER_RESOURCE"]
    form = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(os.environ["LEDGER_TOKEN_URL"], form, timeout=30) as answer:
        return json.load(answer)["access_token"]


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"claims": {}, "refused": {}, "after": None}


def keep(path, state):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def file_claim(ledger, bill, state):
    number, contract = bill["number"], bill["contract"]
    rental = ledger.write(f"contract-{contract['contract_no']}", "/v1/rentals", contract)["id"]
    with open(bill["invoice_file"], "rb") as file:
        invoice = ledger.write(f"invoice-{number}", "/v1/evidence?kind=invoice", file.read(),
                               media_type="application/xml")
    body = {"kind": "rental_subsidy", "programme": bill["programme"], "rental_id": rental, "period": bill["period"],
            "usage": True, "invoices": [{"evidence_id": invoice["id"], "amount": invoice["invoice"]["amount"]}]}
    place = f"/v1/claims/{ledger.write(f'claim-{number}', '/v1/claims', body)['id']}"
    claim = ledger.send("GET", place)                     # the answer to a repeated write says how it was then
    if claim["status"] == "returned":                     # written anew, under keys of this return of it
        ledger.write(f"claim-{number}-again-{claim['revision']}", place, body, method="PUT")
        ledger.write(f"claim-{number}-submit-{claim['revision']}", f"{place}/submit", {})
    elif claim["status"] == "draft":
        ledger.write(f"claim-{number}-submit", f"{place}/submit", {})
    claim = ledger.send("GET", place)
    state["claims"][claim["id"]] = number
    print(f"claim {number}: {claim['status']}, {claim['amount']} CNY")


def watch(ledger, state):
    """Events come in the order of the log. What is kept is the place of the last one that was looked at."""
    changed = set()
    while True:
        after = "" if state["after"] is None else f"&after={state['after']}"
        page = ledger.send("GET", f"/v1/events?limit=100{after}")
        for event in page["data"]:
            state["after"] = event["sequence"]
            for step in event["transitions"]:
                if step["kind"] == "claim" and step["document"] in state["claims"]:
                    changed.add(step["document"])
                    print(f"claim {state['claims'][step['document']]}: {step['from'] or 'new'} -> {step['to']}")
        if not page["data"]:
            break
    for document in changed:
        claim = ledger.send("GET", f"/v1/claims/{document}")
        reason = f": {claim['reason']}" if claim.get("reason") else ""
        paid = f"{claim['paid']} of {claim['amount']} CNY paid"
        print(f"claim {state['claims'][document]} is {claim['status']}, {paid}{reason}")


def main():
    path = os.environ.get("LEDGER_STATE", "ledger-state.json")
    state = load(path)
    ledger = Ledger(os.environ["LEDGER_URL"], token, state)
    try:
        if sys.argv[1:] == ["file"]:
            with open(os.environ["LEDGER_BILL"], encoding="utf-8") as file:
                file_claim(ledger, json.load(file), state)
        elif sys.argv[1:] == ["watch"]:
            watch(ledger, state)
        else:
            raise SystemExit(__doc__)
    except Problem as problem:
        raise SystemExit(str(problem))
    finally:
        keep(path, state)


if __name__ == "__main__":
    main()
