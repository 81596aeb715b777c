#!/usr/bin/env bash
# Checks, timings and trainings on the GPUs of this machine, in the minutes given; called again, it goes on.
#   tools/gpu.sh --minutes 10 --out runs/gpu --store runs/gpu/results    (tools/gpu.sh --help: all options)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What a Python lacks of the requirements' modules, on one line; an unfit version lacks itself.
lacking() {
	"$1" - 2>/dev/null <<-'PYTHON' || echo python
		import importlib.util, sys
		needed = "torch torchvision lightning_fabric lightning_utilities pydantic psutil filelock platformdirs numpy " \
		    "scipy pandas sklearn statsmodels av cv2 dlib facenet_pytorch face_recognition_models captum safetensors typer rich"
		lacking = [name for name in needed.split() if importlib.util.find_spec(name) is None]
		print(*(lacking if (3, 11) <= sys.version_info[:2] <= (3, 13) else ["python"]))
	PYTHON
}

python=
for one in .venv/bin/python ${PYTHON:-} python3 python; do
	if command -v "$one" >/dev/null && [ -z "$(lacking "$one")" ]; then python=$one; break; fi
done
if [ -z "$python" ] && [ -n "$(command -v make)" ]; then
	echo "No Python here has all that depnb needs: making .venv."
	if PIP_RETRIES=1 PIP_DEFAULT_TIMEOUT=15 make --no-print-directory .venv/.ready; then python=.venv/bin/python; fi
fi
if [ -z "$python" ]; then
	for one in .venv/bin/python ${PYTHON:-} python3 python; do
		if command -v "$one" >/dev/null && "$one" -c "import torch, lightning_fabric, pydantic" 2>/dev/null; then
			python=$one
			echo "Nothing could be installed (is there a network?). $one is used; parts that need what it lacks are left out:" \
				"$(lacking "$one")."
			break
		fi
	done
fi
if [ -z "$python" ]; then
	echo "No Python here has torch and lightning-fabric, and .venv could not be made: install requirements.txt first." >&2
	exit 1
fi
PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" exec "$python" -m tools.gpu "$@"
