import pytest

from diffusion import devices


@pytest.mark.parametrize(
    ("cpu_info", "dtype"),
    [
        ("processor : 0\nflags : fpu avx512f avx512_bf16\n", "bfloat16"),
        ("processor : 0\nflags : fpu amx_bf16 amx_tile\n", "bfloat16"),
        ("processor : 0\nflags : fpu avx2 avx512f\n", "float32"),
        ("processor : 0\nFeatures : fp asimd bf16\n", "float32"),
        (None, "float32"),
    ],
)
def test_the_dtype_is_bfloat16_only_where_the_processor_is_made_for_it(
    cpu_info, dtype, tmp_path, monkeypatch
):
    if cpu_info is not None:
        (tmp_path / "cpuinfo").write_text(cpu_info)
    monkeypatch.setattr(devices, "_CPU_INFO", tmp_path / "cpuinfo")
    assert devices.fastest_dtype() == dtype
    monkeypatch.setattr(devices, "has_gpu", lambda: True)
    assert devices.fastest_dtype() == "float16"
