"""Raw files to a dataset, with what did not fit kept aside."""

from core.sources.folder import read_files, read_folder
from core.sources.sample import load_data, load_sample

__all__ = ["load_data", "load_sample", "read_files", "read_folder"]
