using System.Collections.Generic;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;

namespace Winnow.Benchmarking;

/// <summary>Kernels that several tests use.</summary>
internal static class Kernels
{
    /// <summary>One for all tests, so that a kernel is compiled once.</summary>
    public static KernelCompiler Compiler { get; } = new();

    /// <summary>y = a x + y over 1000 numbers.</summary>
    public static KernelDescription Saxpy { get; } = Describe(
        """
        __global__ void saxpy(float* y, const float* x, float a, int n) {
          int i = blockIdx.x * blockDim.x + threadIdx.x;
          if (i < n) y[i] = a * x[i] + y[i];
        }
        """,
        "\"axes\": { \"n\": 1000 }, \"grid\": \"ceil_div(n, 256)\", \"block\": 256, \"arguments\": [\"inout y: f32[n]\", \"in x: f32[n]\", \"a: f32 = 2.5\", \"n: i32 = n\"]");

    /// <summary>A description without the braces around it.</summary>
    public static KernelDescription Describe(string code, string fields) => KernelDescription.Parse("{" + fields + "}", Source(code));

    public static KernelSource Source(string code) => new("test.cu", code, new Dictionary<string, string>());
}
