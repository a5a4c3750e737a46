using ReferralGrains.Client;

namespace ReferralGrains.Web.Console.Settings;

/// <summary>Commands for a terminal that send a source an event as its system does; <c>$SECRET</c> is the reader's to fill in.</summary>
internal static class SourceSamples
{
    public static string Of(SourceAnswer source, string server, string currency, bool isSandbox)
    {
        var url = server.TrimEnd('/') + source.Url;
        return source.Kind switch
        {
            "stripe" => $$$$"""
                t=$(date +%s)
                body='{"id":"evt_try_1","type":"invoice.paid","livemode":{{{{(isSandbox ? "false" : "true")}}}},"data":{"object":{"id":"in_try_1","customer":"cus_try","currency":"{{{{currency.ToLowerInvariant()}}}}","amount_paid":4900}}}'
                sign=$(printf %s "$t.$body" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
                curl -s '{{{{url}}}}' -H 'Content-Type: application/json' -H "Stripe-Signature: t=$t,v1=$sign" -d "$body"
                """,
            "shopify" => $$$$"""
                body='{"id":1001,"currency":"{{{{currency}}}}","total_price":"49","customer":{"id":"cus_try"}}'
                sign=$(printf %s "$body" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64)
                curl -s '{{{{url}}}}' -H 'Content-Type: application/json' -H 'X-Shopify-Topic: orders/paid' \
                  -H 'X-Shopify-Webhook-Id: try-1' -H "X-Shopify-Hmac-Sha256: $sign" -d "$body"
                """,
            _ => $$$$"""
                curl -s '{{{{url}}}}' -H 'Content-Type: application/cloudevents+json' -H "Authorization: Bearer $SECRET" \
                  -d '{"specversion":"1.0","id":"try-1","source":"/shop","type":"shop.sale","data":{"referee_id":"cus_try","amount_minor":4900}}'
                """,
        };
    }
}
