using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Operations;

/// <summary><c>ldmatrix</c> and <c>stmatrix</c>: which lane gets which values of which row.</summary>
public sealed unsafe class MatrixMemoryTests
{
    private const int Values = 256;

    // Thread t writes values 8t to 8t + 7 as one row of 16 bytes, so that row r of matrix m holds 8 (8m + r) and on.
    private const string Fill = """
        .version 8.4
        .target sm_90
        .address_size 64
        .visible .entry k(.param .u64 out)
        {
        .reg .b16 %h<8>;
        .reg .b32 %r<16>;
        .reg .b64 %out;
        .reg .b64 %offset;
        .shared .align 16 .b8 tile[512];
        .shared .align 16 .b8 copy[512];
        ld.param.u64 %out, [out];
        mov.u32 %r0, %tid.x;
        mov.u32 %r1, tile;
        mad.lo.u32 %r1, %r0, 16, %r1;
        mov.u32 %r9, copy;
        mad.lo.u32 %r9, %r0, 16, %r9;
        mul.lo.u32 %r2, %r0, 524296;
        add.u32 %r4, %r2, 65536;
        add.u32 %r5, %r4, 131074;
        add.u32 %r6, %r5, 131074;
        add.u32 %r7, %r6, 131074;
        st.shared.v4.b32 [%r1], {%r4, %r5, %r6, %r7};
        st.shared.v4.b32 [%r9], {%r0, %r0, %r0, %r0};
        bar.sync 0;

        """;

    private const string End = """

        mul.wide.u32 %offset, %r0, 16;
        add.s64 %out, %out, %offset;
        st.global.v4.b32 [%out], {%r10, %r11, %r12, %r13};
        ret;
        }
        """;

    [TestCase(1, false)]
    [TestCase(2, false)]
    [TestCase(4, false)]
    [TestCase(1, true)]
    [TestCase(2, true)]
    [TestCase(4, true)]
    public void Ldmatrix_GivesEachLaneTheValuesOfTheFigure(int count, bool isTransposed)
    {
        string rest = string.Concat(Enumerable.Range(count, 4 - count).Select(i => $"mov.u32 %r{10 + i}, 0;\n"));
        ushort[] results = Run($"{rest}ldmatrix.sync.aligned.m8n8.x{count}{(isTransposed ? ".trans" : "")}.shared.b16 {List(count)}, [%r1];");
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 8; i++)
            {
                int matrix = i / 2;
                int column = (lane % 4 * 2) + (i % 2);
                int row = lane / 4;
                int value = isTransposed ? (8 * ((8 * matrix) + column)) + row : (8 * ((8 * matrix) + row)) + column;
                Assert.That(results[(lane * 8) + i], Is.EqualTo(matrix < count ? value : 0), $"lane {lane}, value {i}");
            }
        }
    }

    [TestCase("", "", false)]
    [TestCase(".trans", ".trans", false)]
    [TestCase(".trans", "", true)]
    [TestCase("", ".trans", true)]
    public void Stmatrix_PutsBackWhatLdmatrixTook(string load, string store, bool isTransposed)
    {
        ushort[] results = Run($$"""
            ldmatrix.sync.aligned.m8n8.x4{{load}}.shared.b16 {{List(4)}}, [%r1];
            stmatrix.sync.aligned.m8n8.x4{{store}}.shared.b16 [%r9], {{List(4)}};
            bar.sync 0;
            ld.shared.v4.b32 {%r10, %r11, %r12, %r13}, [%r9];
            """);
        for (int i = 0; i < Values; i++)
        {
            int place = isTransposed ? (i & ~63) | (i % 8 * 8) | (i / 8 % 8) : i;
            Assert.That(results[i], Is.EqualTo(place));
        }
    }

    private static string List(int count) => $"{{{string.Join(", ", Enumerable.Range(10, count).Select(i => $"%r{i}"))}}}";

    private static ushort[] Run(string body)
    {
        using PtxSimulator driver = new();
        GpuStream stream = driver.CreateStream();
        GpuModule module = driver.LoadModule(Encoding.UTF8.GetBytes(Fill + body + End), "matrix.ptx");
        nint buffer = driver.Allocate(Values * sizeof(ushort));
        ArgumentBlock arguments = new(new byte[sizeof(ulong)]);
        arguments.Add(buffer);
        driver.Launch(driver.GetFunction(module, "k"), LaunchShape.Linear(1, 32), arguments.Bytes, stream);
        ushort[] results = new ushort[Values];
        fixed (ushort* values = results)
        {
            driver.CopyToHost((nint)values, buffer, Values * sizeof(ushort), stream);
        }

        driver.Synchronize(stream);
        driver.Free(buffer);
        return results;
    }
}
