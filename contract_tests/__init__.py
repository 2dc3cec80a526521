"""Contract tests: is a running server as its OpenAPI document says? HTTP only, against any base URL.

`plan` takes the contract and the options, `runner` runs the phases, `report` writes what was found. What is only tested
where a server implements Cierre's own contract stands in `cierre/`; everything else works for any document.
"""
