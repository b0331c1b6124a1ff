#!/bin/sh
# A FOCUS 1.2 billing file of so many rows (1,000,000 where nothing is said) on standard output: three providers, a month of
# hours, amounts of many decimals, a correction every thousandth row. The same number gives the same file.
#
#   benches/focus-rows.sh 1000000 > /tmp/usage.csv
#   /usr/bin/time -v subsidy-ledger usage import /tmp/usage.csv --agency A --rental ID --mode strict
set -eu
exec awk -v rows="${1:-1000000}" 'BEGIN {
    print "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass," \
        "ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ContractedCost,EffectiveCost,ListCost,InvoiceIssuerName," \
        "PricingQuantity,PricingUnit,ServiceProviderName,HostProviderName,ServiceCategory,ServiceName,ResourceId,SkuId," \
        "InvoiceId,x_RowId,x_CorrectsRowId"
    split("Compute Storage Networking Compute", kinds, " ")
    split("cloud-a cloud-b cloud-c", clouds, " ")
    for (row = 1; row <= rows; row++) {
        hour = row % 720; day = int(hour / 24) + 1; at = hour % 24
        correction = row % 1000 == 0
        cost = sprintf("%d.%09d", row % 97, (row * 7919) % 1000000000)
        printf "%s%s,acct-%d,CNY,2025-01-01T00:00:00Z,2025-02-01T00:00:00Z,Usage,%s,hour,2025-01-%02dT%02d:00:00Z," \
            "2025-01-%02dT%02d:30:00Z,%s,%s,%s,issuer,1,Hours,%s,host,%s,service,node-%d,sku-%d,2431200000000000%04d,row-%d,%s\n",
            correction ? "-" : "", cost, row % 5, correction ? "Correction" : "", day, at, day, at, cost, cost, cost,
            clouds[row % 3 + 1], kinds[row % 4 + 1], row % 5000, row % 40, row % 12, row, correction ? "row-" (row - 1) : ""
    }
}'
