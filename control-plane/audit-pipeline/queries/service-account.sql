-- What a service account did: --set namespace=shop --set account=robot
-- :limit = 50
SELECT verb, api_group, resource, subresource, namespace, decision, count(*) AS times, min(time) AS first,
  max(time) AS last
FROM events
WHERE user = 'system:serviceaccount:' || :namespace || ':' || :account
GROUP BY verb, api_group, resource, subresource, namespace, decision
ORDER BY times DESC
LIMIT :limit
