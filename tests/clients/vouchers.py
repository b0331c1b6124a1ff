"""Plays a voucher from its programme to the payment of its claim with the client that was generated from the OpenAPI
document. The tokens come as OFFICER, APPROVER and ENTERPRISE. It prints the claim as JSON."""

import datetime
import json
import os
import sys
import uuid

from subsidy_ledger_client import AuthenticatedClient
from subsidy_ledger_client.api.business_date import put_business_date
from subsidy_ledger_client.api.claims import (
    get_claims_id,
    get_claims_id_calculation,
    post_claims,
    post_claims_id_approve,
    post_claims_id_review,
    post_claims_id_submit,
)
from subsidy_ledger_client.api.organisations import post_organisations
from subsidy_ledger_client.api.payment_batches import (
    post_payment_batches,
    post_payment_batches_id_approve,
    post_payment_batches_id_results,
)
from subsidy_ledger_client.api.programmes import (
    post_programmes,
    post_programmes_code_appropriations,
    post_programmes_code_appropriations_id_approve,
    post_programmes_code_approve,
)
from subsidy_ledger_client.api.rentals import post_rentals
from subsidy_ledger_client.api.vouchers import (
    get_vouchers,
    post_vouchers,
    post_vouchers_id_issue,
    post_vouchers_id_review,
)
from subsidy_ledger_client.models import (
    Approval,
    ByPath,
    Category,
    ClaimReview,
    ClaimViewVoucherRedemption,
    Instrument,
    Issue,
    LegalBasis,
    NewAppropriation,
    NewBankAccount,
    NewBusinessDate,
    NewClaimVoucherRedemption,
    NewLine,
    NewOrganisation,
    NewPaymentBatch,
    NewPaymentResult,
    NewPaymentResults,
    NewProgramme,
    NewRental,
    NewVoucher,
    Nothing,
    PaymentOutcome,
    Problem,
    Review,
    ReviewDecision,
    Rules,
    Title,
    Window,
)

FIRM, CLOUD = "91310000MA1FL0000N", "91110108MA01A2B3CF"
BASE = sys.argv[1]
officer, approver, enterprise = (
    AuthenticatedClient(base_url=BASE, token=os.environ[name]) for name in ("OFFICER", "APPROVER", "ENTERPRISE")
)


def send(call, client, *place, **what):
    """The answer of a write under a key of its own; a problem ends the program."""
    answer = call.sync(*place, client=client, idempotency_key=str(uuid.uuid4()), **what)
    if answer is None or isinstance(answer, Problem):
        sys.exit(f"{call.__name__}: {answer}")
    return answer


def day(text):
    return datetime.date.fromisoformat(text)


account = NewBankAccount(name="甲智算科技有限公司", bank_code="102290000012", account_number="6222021001112223334")
for code, name, bank_account in [(FIRM, "甲智算科技有限公司", account), (CLOUD, "乙云计算有限公司", None)]:
    new = NewOrganisation(credit_code=code, name=name, category=Category.PRIVATE_ENTERPRISE)
    if bank_account:
        new.bank_account = bank_account
    send(post_organisations, officer, body=new)

rules = {
    "items": [{"item": "compute", "ratio_percent": "20"}],
    "validity_months": 12,
    "caps": {"annual": {"amount": "2000000.00", "counts": ["issue"]}},
}
programme = NewProgramme(
    code="v",
    title=Title(zh="算力券", en="Compute vouchers"),
    instrument=Instrument.VOUCHER,
    legal_basis=LegalBasis(document="T-1"),
    window=Window(from_=day("2025-01-01"), until=day("2026-12-31")),
    rules=Rules.from_dict(rules),
)
send(post_programmes, officer, body=programme)
send(post_programmes_code_approve, approver, "v", body=ByPath())
money = NewAppropriation(amount="1000000.00", fiscal_year=2025, document="预算1号")
money = send(post_programmes_code_appropriations, officer, "v", body=money)
send(post_programmes_code_appropriations_id_approve, approver, "v", money.id, body=ByPath())

contract = NewRental(
    contract_no="HT-1",
    provider=CLOUD,
    signed_on=day("2025-01-01"),
    from_=day("2025-01-01"),
    until=day("2025-12-31"),
    lines=[NewLine(item="compute", amount="500000.00")],
)
contract = send(post_rentals, enterprise, body=contract)
voucher = send(post_vouchers, enterprise, body=NewVoucher(programme="v", rental_id=contract.id))
send(post_vouchers_id_review, officer, voucher.id, body=Review(decision=ReviewDecision.PASS))
voucher = send(post_vouchers_id_issue, approver, voucher.id, body=Issue())
assert voucher.face_value == "100000.00", voucher
listed = get_vouchers.sync(client=enterprise)
assert [one.id for one in listed.data] == [voucher.id], listed

send(put_business_date, officer, body=NewBusinessDate(date=day("2025-03-03")))
claim = NewClaimVoucherRedemption(
    kind="voucher_redemption", voucher_id=voucher.id, settlement=[NewLine(item="compute", amount="50000.00")]
)
claim = send(post_claims, enterprise, body=claim)
assert isinstance(claim, ClaimViewVoucherRedemption) and claim.voucher_id == voucher.id, claim
claim = send(post_claims_id_submit, enterprise, claim.id, body=Nothing())
send(post_claims_id_review, officer, claim.id, body=ClaimReview(decision=ReviewDecision.PASS))
twice = post_claims_id_approve.sync(claim.id, client=officer, idempotency_key="twice", body=Approval())
assert isinstance(twice, Problem) and twice.code == "forbidden", twice
send(post_claims_id_approve, approver, claim.id, body=Approval())
batch = send(post_payment_batches, officer, body=NewPaymentBatch(claim_ids=[claim.id]))
send(post_payment_batches_id_approve, approver, batch.id, body=ByPath())
paid = NewPaymentResult(
    claim_id=claim.id, outcome=PaymentOutcome.PAID, bank_reference="FT1", date=day("2025-03-03"), amount="10000.00"
)
send(post_payment_batches_id_results, officer, batch.id, body=NewPaymentResults(results=[paid]))
sheet = get_claims_id_calculation.sync(claim.id, client=enterprise)
claim = get_claims_id.sync(claim.id, client=enterprise)
assert sheet.to_dict() == claim.calculation.to_dict(), (sheet, claim.calculation)
print(json.dumps(claim.to_dict(), ensure_ascii=False))
