# The AKS cluster the chart is installed into: reached from inside the network alone, people sign in by the directory.
variable "kubernetes_version" {
  type        = string
  description = "One of those the chart was checked against."
  default     = "1.33"
}

variable "node_type" {
  type        = string
  description = "Two of these hold two servers, a worker and what Kubernetes itself runs; with a disk of its own for the system."
  default     = "Standard_D4ds_v5"
}

variable "administrators_group_id" {
  type        = string
  description = "The group of the directory whose members administer the cluster."
}

variable "log_workspace_id" {
  type        = string
  description = "The workspace that takes the cluster's logs."
}

resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_117:Disks are sealed with Microsoft's key, on the host too; nothing of Quarterdeck lies on them
  #checkov:skip=CKV_AZURE_6:It is reached from inside the network alone
  name                              = var.name
  resource_group_name               = var.resource_group
  location                          = var.location
  dns_prefix                        = var.name
  kubernetes_version                = var.kubernetes_version
  sku_tier                          = "Standard"
  automatic_upgrade_channel         = "patch"
  private_cluster_enabled           = true
  local_account_disabled            = true
  role_based_access_control_enabled = true
  azure_policy_enabled              = true
  default_node_pool {
    name                         = "system"
    vm_size                      = var.node_type
    vnet_subnet_id               = var.cluster_subnet_id
    zones                        = ["1", "2"]
    auto_scaling_enabled         = true
    min_count                    = 2
    max_count                    = 3
    max_pods                     = 50
    os_disk_type                 = "Ephemeral"
    host_encryption_enabled      = true
    only_critical_addons_enabled = true
  }
  identity {
    type = "SystemAssigned"
  }
  azure_active_directory_role_based_access_control {
    tenant_id              = var.tenant_id
    azure_rbac_enabled     = true
    admin_group_object_ids = [var.administrators_group_id]
  }
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
  network_profile {
    network_plugin = "azure"
    network_policy = "azure"
  }
  oms_agent {
    log_analytics_workspace_id = var.log_workspace_id
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  name                    = "apps"
  kubernetes_cluster_id   = azurerm_kubernetes_cluster.this.id
  vm_size                 = var.node_type
  vnet_subnet_id          = var.cluster_subnet_id
  zones                   = ["1", "2"]
  auto_scaling_enabled    = true
  min_count               = 2
  max_count               = 6
  max_pods                = 50
  os_disk_type            = "Ephemeral"
  host_encryption_enabled = true
}

output "cluster" {
  value       = azurerm_kubernetes_cluster.this.name
  description = "For `az aks get-credentials --name`, before `helm install`."
}
