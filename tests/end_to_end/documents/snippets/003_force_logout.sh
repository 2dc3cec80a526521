curl -X POST http://localhost:3000/api/v1/admin/users/force-logout \
  -H "Authorization: Bearer admin_token..." \
  -H "Content-Type: application/json" \
  -d '{
    "userId": "64f8a123b456c789d012e345",
    "reason": "security_incident"
  }'
