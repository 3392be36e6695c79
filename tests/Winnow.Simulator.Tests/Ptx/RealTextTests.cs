using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Ptx;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Ptx;

/// <summary>What NVRTC really emits, for the architecture that the simulator executes and for a later one.</summary>
[TestFixture("compute_80")]
[TestFixture("compute_90a")]
public sealed class RealTextTests(string architecture)
{
    private const string Barrier =
        """
        __device__ __forceinline__ void wait(unsigned bar, unsigned phase) {
          asm volatile("{ .reg .pred P1; LAB_WAIT: mbarrier.test_wait.parity.shared::cta.b64 P1, [%0], %1; @P1 bra DONE; bra LAB_WAIT; DONE: }"
                       :: "r"(bar), "r"(phase) : "memory");
        }
        """;

    private static readonly KernelCompiler Compiler = new(cacheFolder: null);

    [OneTimeSetUp]
    public void RequireCompiler() => NvrtcSupport.Require();

    [Test]
    public void Parse_TensorCoreKernelHasItsInstructions()
    {
        PtxFunction kernel = Parse(
            """
            extern "C" __global__ void __launch_bounds__(128, 2) k(float* out, const unsigned short* in) {
              __shared__ __align__(128) unsigned short tile[2048];
              unsigned s = (unsigned)__cvta_generic_to_shared(tile), a[4];
              float c[4] = {0, 0, 0, 0};
              asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;\n" :: "r"(s), "l"(in), "r"(8));
              asm volatile("cp.async.commit_group;\ncp.async.wait_group 0;\n" ::: "memory");
              __syncthreads();
              asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3]) : "r"(s));
              asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(a[0]), "r"(a[1]));
              out[threadIdx.x] = c[0] + c[1];
            }
            """).Functions["k"];

        Assert.That(kernel.MaxThreads, Is.EqualTo(128));
        Assert.That(Find(kernel, "mma").Operands.Select(operand => operand.Parts.Length), Is.EqualTo(new[] { 4, 4, 2, 4 }));
        Assert.That(Find(kernel, "mma").Line, Is.EqualTo(10));
        Assert.That(Find(kernel, "ldmatrix").Operands[1].HasRegisterBase, Is.True);
        PtxInstruction copy = Find(kernel, "cp");
        Assert.That(copy.Modifiers, Is.EqualTo(new[] { "async", "cg", "shared", "global", "L2::128B" }));
        Assert.That(copy.Operands[2].Bits, Is.EqualTo(16));
        Assert.That(kernel.Instructions.Count(i => i.Opcode == "cp"), Is.EqualTo(3));
        Assert.That(kernel.Variables.Values.Single(v => v.Space == PtxSpace.Shared).Bytes, Is.EqualTo(4096));
    }

    [Test]
    public void Parse_SwitchBecomesBranches()
    {
        PtxFunction kernel = Parse(
            """
            extern "C" __global__ void k(int* out, int n) {
              int v = out[threadIdx.x];
              switch (v) {
                case 0: v = n; break; case 1: v *= n; break; case 2: v ^= n; break; case 3: v = -v; break; case 4: v <<= n; break;
                case 5: v |= n; break; case 6: v = n / v; break; case 7: v = n % (v + 2); break; case 8: atomicAdd(out, v); break;
                default: v = __clz(v);
              }
              out[threadIdx.x] = v;
            }
            """).Functions["k"];

        PtxInstruction[] branches = [.. kernel.Instructions.Where(i => i.Opcode == "bra")];
        Assert.That(branches, Has.Length.GreaterThan(8));
        Assert.That(branches.Select(i => kernel.Labels[i.Operands[0].Name]), Has.All.InRange(1, kernel.Instructions.Length - 1));
        Assert.That(kernel.Instructions.Select(i => i.Opcode), Does.Contain("atom").Or.Contain("red"));
    }

    [Test]
    public void Parse_CallsPassParametersAndReturns()
    {
        PtxModule module = Parse(
            """
            struct __align__(16) Pack { int a; double b; };
            __device__ __noinline__ Pack change(Pack p, double y) { p.b += y; p.a++; return p; }
            __device__ __noinline__ void set(int* p) { *p = 5; }
            __device__ int fib(int n) { return n < 2 ? 1 : fib(n - 1) + fib(n - 2); }
            extern "C" __global__ void k(double* out, int* n, Pack p) { set(n); p = change(p, fib(*n)); out[0] = p.a + p.b; }
            """);

        PtxInstruction call = module.Functions["k"].Instructions.Single(i => i.Opcode == "call" && i.Operands[1].Name.Contains("change"));
        PtxFunction callee = module.Functions[call.Operands[1].Name];
        Assert.That(callee.Parameters.Select(parameter => parameter.Offset), Is.EqualTo(new[] { 0, 16 }));
        Assert.That(callee.Returns.Single().Bytes, Is.EqualTo(16));
        Assert.That(
            call.Operands[2].Parts.Select(part => module.FindVariable(module.Functions["k"], part.Name)!.Bytes),
            Is.EqualTo(callee.Parameters.Select(parameter => parameter.Bytes)));
        Assert.That(call.Operands[0].Parts, Has.Length.EqualTo(1));
    }

    [Test]
    public void Parse_PrintfIsACallOfADeclaration()
    {
        PtxModule module = Parse(
            """
            extern "C" __device__ int printf(const char*, ...);
            extern "C" __global__ void k(int n, double d) { printf("%d %f %s\n", n, d, "text"); }
            """);

        PtxFunction kernel = module.Functions["k"];
        Assert.That(Find(kernel, "call").Operands[1].Name, Is.EqualTo("vprintf"));
        Assert.That(module.Functions, Does.Not.ContainKey("vprintf"));
        Assert.That(kernel.LocalBytes, Is.EqualTo(24));
        Assert.That(
            module.Variables.Values.Select(variable => Encoding.ASCII.GetString(variable.Initial!)),
            Does.Contain("%d %f %s\n\0").And.Contain("text\0"));
    }

    [Test]
    public void Parse_LocalArraysConstantsAndAtomics()
    {
        PtxModule module = Parse(
            """
            __constant__ float table[4] = {1.f, 2.f, 3.f, 4.f};
            __device__ int counter;
            __device__ int* where[2] = {&counter, 0};
            extern __shared__ double dyn[];
            extern "C" __global__ void k(double* out, const int* in, int n) {
              int local[16];
              for (int i = 0; i < 16; i++) local[i] = in[i * n];
              dyn[threadIdx.x] = local[n & 15] * table[n & 3] + atomicCAS(where[n & 1], 1, 2);
              out[threadIdx.x] = sin(dyn[n]) + atomicMax(&counter, n) + __shfl_xor_sync(0xffffffffu, n, 16) + (double)__ballot_sync(~0u, n > in[1]);
            }
            """);

        Assert.That(module.Variables["table"].Space, Is.EqualTo(PtxSpace.Const));
        Assert.That(module.Variables["where"].Relocations, Is.EqualTo(new[] { new PtxRelocation(0, 8, "counter", 0, true, 0) }));
        Assert.That(module.Functions["k"].LocalBytes, Is.GreaterThanOrEqualTo(64));
        Assert.That(SharedLayout.Of(module, module.Functions["k"]).Offsets.Single().Key.IsDynamic, Is.True);
        Assert.That(Find(module.Functions["k"], "shfl").Operands[0].IsPair, Is.True);
    }

    [Test]
    public void Parse_RepeatedInlineAssemblyWithLabelsAndRegisters()
    {
        PtxFunction kernel = Parse(
            Barrier +
            """

            extern "C" __global__ void k(int n) {
              __shared__ unsigned long long bar[2];
              unsigned s = (unsigned)__cvta_generic_to_shared(bar);
              asm volatile("mbarrier.init.shared.b64 [%0], %1;" :: "r"(s), "r"(1));
              asm volatile("{ .reg .b64 t; mbarrier.arrive.shared.b64 t, [%0]; }" :: "r"(s));
              wait(s, 0);
              wait(s, 1);
            }
            """).Functions["k"];

        PtxInstruction[] branches = [.. kernel.Instructions.Where(i => i.Opcode == "bra")];
        Assert.That(branches, Has.Length.EqualTo(4));
        Assert.That(branches.Select(i => i.Operands[0].Name).Distinct().Count(), Is.EqualTo(4));
        Assert.That(branches.Select(i => i.Line), Has.All.EqualTo(3));
        Assert.That(kernel.Registers.Values.Count(register => register.IsPredicate), Is.EqualTo(2));
    }

    private static PtxInstruction Find(PtxFunction kernel, string opcode) => kernel.Instructions.First(i => i.Opcode == opcode);

    /// <summary>Compiles and parses, and checks what holds for any kernel.</summary>
    private PtxModule Parse(string source)
    {
        byte[] image = Compiler.Compile(new KernelSource("real.cu", source, new Dictionary<string, string>()), [], architecture);
        PtxModule module = PtxModule.Parse(Encoding.UTF8.GetString(image), "real.cu");
        foreach (PtxInstruction instruction in module.Functions.Values.Where(function => function.IsEntry).SelectMany(function => function.Instructions))
        {
            Assert.That((instruction.File, instruction.Line > 0), Is.EqualTo(("real.cu", true)), instruction.Text);
        }

        Assert.That(module.Target, Is.EqualTo(architecture.Replace("compute", "sm")));
        return module;
    }
}
