curl -X POST "https://api.ejemplo.com/api/v1/auth/logout" \
  -H "Authorization: Bearer 1|abcdef1234567890" \
  -H "Accept: application/json"
