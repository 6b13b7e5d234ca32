"""People and groups provisioned from a company's directory by SCIM 2.0."""
