# Quarterdeck on a GKE cluster: Cloud SQL for PostgreSQL, Filestore for the home folder, a bucket for backups, one key.
# Not applied by its authors: plan it, read the plan, then apply.
terraform {
  required_version = ">= 1.6"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.10"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

variable "name" {
  type        = string
  description = "What everything is called after."
  default     = "quarterdeck"
}

variable "project" {
  type        = string
  description = "The project everything is put into."
}

variable "region" {
  type        = string
  description = "The region, such as europe-west4."
}

variable "network" {
  type        = string
  description = "The network of the cluster, with private services access."
}

variable "log_bucket" {
  type        = string
  description = "A bucket that takes the access logs of the backups' bucket."
}

resource "google_kms_key_ring" "this" {
  name     = var.name
  project  = var.project
  location = var.region
}

resource "google_kms_crypto_key" "this" {
  name            = var.name
  key_ring        = google_kms_key_ring.this.id
  rotation_period = "7776000s"
  lifecycle {
    prevent_destroy = true
  }
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV_GCP_6:ssl_mode says it; the argument the check looks for is gone from this provider
  #checkov:skip=CKV_GCP_79:The version that Quarterdeck was tried with
  name                = var.name
  project             = var.project
  region              = var.region
  database_version    = "POSTGRES_16"
  encryption_key_name = google_kms_crypto_key.this.id
  deletion_protection = true
  settings {
    tier                        = "db-custom-2-7680"
    edition                     = "ENTERPRISE"
    availability_type           = "REGIONAL"
    disk_autoresize             = true
    deletion_protection_enabled = true
    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network
      ssl_mode        = "ENCRYPTED_ONLY"
    }
    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      start_time                     = "01:30"
    }
    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }
    database_flags {
      name  = "log_connections"
      value = "on"
    }
    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
    database_flags {
      name  = "log_duration"
      value = "on"
    }
    database_flags {
      name  = "log_hostname"
      value = "on"
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    database_flags {
      name  = "log_min_duration_statement"
      value = "-1"
    }
    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }
    database_flags {
      name  = "log_min_messages"
      value = "error"
    }
    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
    database_flags {
      name  = "log_temp_files"
      value = "0"
    }
  }
}

resource "google_sql_database" "this" {
  name     = "quarterdeck"
  project  = var.project
  instance = google_sql_database_instance.this.name
}

resource "google_sql_user" "this" {
  name     = "quarterdeck"
  project  = var.project
  instance = google_sql_database_instance.this.name
  password = random_password.database.result
}

resource "google_filestore_instance" "home" {
  name         = "${var.name}-home"
  project      = var.project
  location     = var.region
  tier         = "REGIONAL"
  kms_key_name = google_kms_crypto_key.this.id
  file_shares {
    name        = "home"
    capacity_gb = 1024
  }
  networks {
    network = var.network
    modes   = ["MODE_IPV4"]
  }
}

resource "google_storage_bucket" "backups" {
  name                        = "${var.project}-${var.name}-backups"
  project                     = var.project
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  versioning {
    enabled = true
  }
  encryption {
    default_kms_key_name = google_kms_crypto_key.this.id
  }
  logging {
    log_bucket = var.log_bucket
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 90
    }
  }
}

resource "google_secret_manager_secret" "database" {
  secret_id = "${var.name}-database"
  project   = var.project
  replication {
    user_managed {
      replicas {
        location = var.region
        customer_managed_encryption {
          kms_key_name = google_kms_crypto_key.this.id
        }
      }
    }
  }
}

resource "google_secret_manager_secret_version" "database" {
  secret      = google_secret_manager_secret.database.id
  secret_data = "postgresql://quarterdeck:${random_password.database.result}@${google_sql_database_instance.this.private_ip_address}/quarterdeck?sslmode=verify-ca&sslrootcert=/etc/quarterdeck/cloudsql.pem"
}

output "database_secret" {
  value       = google_secret_manager_secret.database.id
  description = "Give it to the cluster as the secret that values.yaml names in secrets.database."
}

output "home_address" {
  value       = google_filestore_instance.home.networks[0].ip_addresses[0]
  description = "For a volume of the cluster, which values.yaml names in home.existingClaim."
}

output "backup_bucket" {
  value       = google_storage_bucket.backups.name
  description = "Where backups are copied to."
}
