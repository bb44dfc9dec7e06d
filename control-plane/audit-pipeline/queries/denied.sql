-- What was refused to whom, most often first.
-- :limit = 50
SELECT user, impersonated, verb, api_group, resource, subresource, namespace, count(*) AS times,
  max(time) AS last
FROM events
WHERE decision = 'forbid'
GROUP BY user, impersonated, verb, api_group, resource, subresource, namespace
ORDER BY times DESC, last DESC
LIMIT :limit
