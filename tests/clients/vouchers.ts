// Reads the vouchers of an enterprise with the types that were generated from the OpenAPI document: the compiler holds
// every path, parameter and member to it.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [base, token] = process.argv.slice(2);
const client = createClient<paths>({
  baseUrl: base!,
  headers: { Authorization: `Bearer ${token}` },
});

const { data, error } = await client.GET("/v1/vouchers", {
  params: { query: { limit: 10 } },
});
if (error) throw new Error(`${error.code}: ${error.detail}`);
for (const voucher of data.data) {
  const one: components["schemas"]["VoucherView"] = voucher;
  const id: components["schemas"]["VoucherId"] = one.id;
  const read = await client.GET("/v1/vouchers/{id}", { params: { path: { id } } });
  if (read.error) throw new Error(read.error.code);
  console.log(read.data.status, read.data.face_value, read.data.balance.redeemed);
}
const claims = await client.GET("/v1/claims", { params: { query: {} } });
if (claims.error) throw new Error(claims.error.code);
for (const claim of claims.data.data) {
  // @ts-expect-error: before its kind is known, a claim has no voucher
  void claim.voucher_id;
  if (claim.kind === "voucher_redemption") {
    const voucher: components["schemas"]["VoucherId"] = claim.voucher_id;
    console.log(claim.kind, voucher === data.data[0]?.id);
  }
}
const missing = await client.GET("/v1/vouchers/{id}", {
  params: { path: { id: "01940000-0000-7000-8000-000000000001" } },
});
console.log(missing.error?.code);
