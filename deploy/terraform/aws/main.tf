# Quarterdeck on an EKS cluster: RDS for PostgreSQL, EFS for the home folder, S3 for backups, one KMS key.
# Not applied by its authors: plan it, read the plan, then apply.
terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
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

variable "vpc_id" {
  type        = string
  description = "The network of the cluster."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets in two zones or more."
}

variable "log_bucket" {
  type        = string
  description = "A bucket that takes the access logs of the backups' bucket."
}

variable "database_class" {
  type        = string
  description = "Size of the database server."
  default     = "db.t4g.medium"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The account's administrators must be able to manage the key, or nobody can
  #checkov:skip=CKV_AWS_111:In a key's own policy, all resources means this key
  #checkov:skip=CKV_AWS_356:In a key's own policy, all resources means this key
  statement {
    sid       = "AccountAdministers"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

resource "aws_kms_key" "this" {
  description         = "Seals what ${var.name} keeps"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

resource "aws_security_group" "data" {
  name        = "${var.name}-data"
  description = "Database and storage, reached from the cluster alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "data" {
  for_each                     = { postgresql = 5432, nfs = 2049 }
  description                  = "${each.key} from the cluster"
  security_group_id            = aws_security_group.data.id
  referenced_security_group_id = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name   = "${var.name}-16"
  family = "postgres16"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name  = "log_statement"
    value = "ddl"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "2000"
  }
}

data "aws_iam_policy_document" "monitoring" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.name}-database-monitoring"
  assume_role_policy = data.aws_iam_policy_document.monitoring.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "this" {
  identifier                          = var.name
  engine                              = "postgres"
  engine_version                      = "16"
  instance_class                      = var.database_class
  allocated_storage                   = 20
  max_allocated_storage               = 200
  db_name                             = "quarterdeck"
  username                            = "quarterdeck"
  password                            = random_password.database.result
  db_subnet_group_name                = aws_db_subnet_group.this.name
  vpc_security_group_ids              = [aws_security_group.data.id]
  parameter_group_name                = aws_db_parameter_group.this.name
  multi_az                            = true
  publicly_accessible                 = false
  storage_encrypted                   = true
  kms_key_id                          = aws_kms_key.this.arn
  iam_database_authentication_enabled = true
  auto_minor_version_upgrade          = true
  backup_retention_period             = 14
  copy_tags_to_snapshot               = true
  deletion_protection                 = true
  skip_final_snapshot                 = false
  final_snapshot_identifier           = "${var.name}-last"
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.monitoring.arn
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = aws_kms_key.this.arn
}

resource "aws_efs_file_system" "home" {
  creation_token = "${var.name}-home"
  encrypted      = true
  kms_key_id     = aws_kms_key.this.arn
}

resource "aws_efs_mount_target" "home" {
  for_each        = toset(var.subnet_ids)
  file_system_id  = aws_efs_file_system.home.id
  subnet_id       = each.value
  security_groups = [aws_security_group.data.id]
}

resource "aws_efs_backup_policy" "home" {
  file_system_id = aws_efs_file_system.home.id
  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_s3_bucket" "backups" {
  #checkov:skip=CKV_AWS_144:Whether backups go to a second region is for whoever runs it to say
  #checkov:skip=CKV2_AWS_62:Nobody waits for news of a backup; the game day and `quarterdeck drill` prove them
  bucket_prefix = "${var.name}-backups-"
}

resource "aws_s3_bucket_public_access_block" "backups" {
  bucket                  = aws_s3_bucket.backups.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "backups" {
  bucket = aws_s3_bucket.backups.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_logging" "backups" {
  bucket        = aws_s3_bucket.backups.id
  target_bucket = var.log_bucket
  target_prefix = "${var.name}/"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

resource "aws_secretsmanager_secret" "database" {
  #checkov:skip=CKV2_AWS_57:The password is made anew by replacing random_password.database, with the pods told by the chart
  name       = "${var.name}-database"
  kms_key_id = aws_kms_key.this.arn
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({
    url = "postgresql://quarterdeck:${random_password.database.result}@${aws_db_instance.this.endpoint}/quarterdeck?sslmode=verify-full&sslrootcert=/etc/quarterdeck/rds.pem"
  })
}

output "database_secret" {
  value       = aws_secretsmanager_secret.database.arn
  description = "Give it to the cluster as the secret that values.yaml names in secrets.database."
}

output "home_file_system" {
  value       = aws_efs_file_system.home.id
  description = "For a storage class of the EFS driver, which values.yaml names in home.storageClass."
}

output "backup_bucket" {
  value       = aws_s3_bucket.backups.bucket
  description = "Where backups are copied to."
}
