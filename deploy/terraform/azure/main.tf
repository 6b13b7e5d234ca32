# Quarterdeck on an AKS cluster: PostgreSQL flexible server, Azure Files for the home folder and backups, a key vault.
# Not applied by its authors: plan it, read the plan, then apply.
terraform {
  required_version = ">= 1.6"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.10"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

variable "name" {
  type        = string
  description = "What everything is called after; letters and digits."
  default     = "quarterdeck"
}

variable "resource_group" {
  type        = string
  description = "The resource group everything is put into."
}

variable "location" {
  type        = string
  description = "The region."
}

variable "tenant_id" {
  type        = string
  description = "The directory that the key vault belongs to."
}

variable "database_subnet_id" {
  type        = string
  description = "A subnet delegated to Microsoft.DBforPostgreSQL/flexibleServers."
}

variable "database_dns_zone_id" {
  type        = string
  description = "The private DNS zone of the database server."
}

variable "cluster_subnet_id" {
  type        = string
  description = "The subnet of the cluster's nodes, which alone reach storage and vault."
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "azurerm_postgresql_flexible_server" "this" {
  #checkov:skip=CKV2_AZURE_57:It lies in a subnet of its own, delegated to it, which is reached from inside the network alone
  name                          = var.name
  resource_group_name           = var.resource_group
  location                      = var.location
  version                       = "16"
  sku_name                      = "GP_Standard_D2ds_v5"
  storage_mb                    = 32768
  administrator_login           = "quarterdeck"
  administrator_password        = random_password.database.result
  delegated_subnet_id           = var.database_subnet_id
  private_dns_zone_id           = var.database_dns_zone_id
  public_network_access_enabled = false
  backup_retention_days         = 14
  geo_redundant_backup_enabled  = true
  zone                          = "1"
  high_availability {
    mode                      = "ZoneRedundant"
    standby_availability_zone = "2"
  }
}

resource "azurerm_postgresql_flexible_server_database" "this" {
  name      = "quarterdeck"
  server_id = azurerm_postgresql_flexible_server.this.id
  collation = "C.utf8"
  charset   = "UTF8"
  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_account" "home" {
  #checkov:skip=CKV2_AZURE_1:Sealed with Microsoft's key; backups are sealed with Quarterdeck's own besides
  #checkov:skip=CKV2_AZURE_33:Reached from the cluster's subnet by a service endpoint
  #checkov:skip=CKV_AZURE_33:It has no queues
  #checkov:skip=CKV2_AZURE_41:No signed addresses are made; those that are run out within an hour
  #checkov:skip=CKV2_AZURE_40:The file driver of the cluster mounts shares by the account's key
  name                            = "${var.name}home"
  resource_group_name             = var.resource_group
  location                        = var.location
  account_kind                    = "StorageV2"
  account_tier                    = "Standard"
  account_replication_type        = "GRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  public_network_access_enabled   = false
  allow_nested_items_to_be_public = false
  local_user_enabled              = false
  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    virtual_network_subnet_ids = [var.cluster_subnet_id]
  }
  blob_properties {
    delete_retention_policy {
      days = 30
    }
  }
  sas_policy {
    expiration_period = "00.01:00:00"
    expiration_action = "Log"
  }
}

resource "azurerm_storage_share" "home" {
  for_each           = { home = 100, backups = 100 }
  name               = each.key
  storage_account_id = azurerm_storage_account.home.id
  quota              = each.value
}

resource "azurerm_key_vault" "this" {
  #checkov:skip=CKV2_AZURE_32:Reached from the cluster's subnet by a service endpoint
  name                          = var.name
  resource_group_name           = var.resource_group
  location                      = var.location
  tenant_id                     = var.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = false
  network_acls {
    default_action             = "Deny"
    bypass                     = "AzureServices"
    virtual_network_subnet_ids = [var.cluster_subnet_id]
  }
}

resource "azurerm_key_vault_secret" "database" {
  #checkov:skip=CKV_AZURE_41:It is made anew by replacing random_password.database, not by running out
  name         = "database-url"
  key_vault_id = azurerm_key_vault.this.id
  content_type = "postgresql address"
  value        = "postgresql://quarterdeck:${random_password.database.result}@${azurerm_postgresql_flexible_server.this.fqdn}/quarterdeck?sslmode=verify-full&sslrootcert=system"
}

output "database_secret" {
  value       = azurerm_key_vault_secret.database.id
  description = "Give it to the cluster as the secret that values.yaml names in secrets.database."
}

output "storage_account" {
  value       = azurerm_storage_account.home.name
  description = "For a storage class of the Azure Files driver, which values.yaml names in home.storageClass."
}
