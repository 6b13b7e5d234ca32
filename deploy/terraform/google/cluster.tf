# The GKE cluster the chart is installed into: Autopilot, which looks after the nodes; reached from inside alone.
variable "subnetwork" {
  type        = string
  description = "The subnetwork of the cluster, with one range each for pods and services."
}

variable "pod_range" {
  type        = string
  description = "The name of the subnetwork's range for pods."
}

variable "service_range" {
  type        = string
  description = "The name of the subnetwork's range for services."
}

variable "administrators_range" {
  type        = string
  description = "The addresses from which the cluster is administered, such as 10.1.0.0/24."
}

variable "security_group" {
  type        = string
  description = "The group that holds those who may use the cluster, such as gke-security-groups@example.com."
}

resource "google_container_cluster" "this" {
  #checkov:skip=CKV_GCP_12:Autopilot runs Dataplane V2, which heeds network policies by itself
  #checkov:skip=CKV_GCP_61:Autopilot has intranode visibility by itself; flow logs belong to the subnetwork, which is yours
  #checkov:skip=CKV_GCP_69:Autopilot gives pods the metadata server by itself
  name                = var.name
  project             = var.project
  location            = var.region
  network             = var.network
  subnetwork          = var.subnetwork
  enable_autopilot    = true
  deletion_protection = true
  resource_labels     = { app = "quarterdeck" }
  release_channel {
    channel = "REGULAR"
  }
  ip_allocation_policy {
    cluster_secondary_range_name  = var.pod_range
    services_secondary_range_name = var.service_range
  }
  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = true
  }
  master_authorized_networks_config {
    cidr_blocks {
      cidr_block   = var.administrators_range
      display_name = "administrators"
    }
  }
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }
  authenticator_groups_config {
    security_group = var.security_group
  }
  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }
  database_encryption {
    state    = "ENCRYPTED"
    key_name = google_kms_crypto_key.this.id
  }
}

output "cluster" {
  value       = google_container_cluster.this.name
  description = "For `gcloud container clusters get-credentials`, before `helm install`."
}
