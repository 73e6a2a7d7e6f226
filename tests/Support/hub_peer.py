"""What huggingface_hub finds in, or brings into, the cache that its environment variables name. Prints JSON."""
import json
import sys

try:
    import huggingface_hub
except ImportError as error:
    print(error)
    sys.exit(42)

verb, repository, *names = sys.argv[1:]
if verb == "download":
    folder = huggingface_hub.snapshot_download(repository, allow_patterns=names or None)
    print(json.dumps({"version": huggingface_hub.__version__, "folder": folder}))
else:
    cache = huggingface_hub.scan_cache_dir()
    found = {name: huggingface_hub.try_to_load_from_cache(repository, name) for name in names}
    print(json.dumps({
        "version": huggingface_hub.__version__,
        "warnings": [str(warning) for warning in cache.warnings],
        "found": found,
        "files": sorted(
            [file.file_name, file.size_on_disk]
            for repo in cache.repos if repo.repo_id == repository
            for revision in repo.revisions for file in revision.files),
        "refs": {ref: revision.commit_hash for repo in cache.repos for ref, revision in repo.refs.items()},
    }))
