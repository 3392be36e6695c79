using System;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Ptx;
using Winnow.Simulator.Tests.Faults;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Ptx;

/// <summary>Damaged text ends in an exception of Winnow, or runs: never anything else, least of all the end of the process.</summary>
public sealed class PtxFuzzTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", "(", ")", ",", ";", ":", "@", "!", "|", "+", "-", ".", "%", "\"", "/*", "//", "<", ">", "=", "0x", "0f3", "99999999999",
        ".reg", ".param", ".shared", ".entry", ".func", ".loc", ".section", ".align 16", "bra", "call", "ret", "%r1", "$L__BB0_1", "\0", "\n", "ä",
    ];

    [Test]
    public void Launch_OfDamagedTextThrowsNothingElse()
    {
        NvrtcSupport.Require();
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { InstructionBudget = 5_000 });
        GpuStream stream = simulator.CreateStream();
        nint buffer = simulator.Allocate(256);
        simulator.Fill(buffer, 0, 256, stream);
        var random = new Random(11);
        int ran = 0;
        int refused = 0;
        foreach (FaultCase fault in FaultCorpus.Cases)
        {
            string text = Encoding.UTF8.GetString(FaultCorpus.Compile(fault, isFaulty: true));
            string body = text.Replace("\t", " ").Replace(",", " , ").Replace(";", " ;");
            for (int round = 0; round < 40; round++)
            {
                string damaged = round % 2 == 0 ? Damage(text, random) : Exchange(body, random);
                try
                {
                    Execute(simulator, damaged, buffer, stream);
                    ran++;
                }
                catch (WinnowException)
                {
                    refused++;
                }
            }
        }

        Assert.That((ran > 0, refused > 0), Is.EqualTo((true, true)), $"{ran} ran, {refused} refused");
    }

    [TestCase("(")]
    [TestCase("-")]
    [TestCase("{")]
    public void Parse_DeepNestingIsRefused(string piece)
        => Assert.That(
            () => PtxText.Kernel("mov.b64 %rd1, " + string.Concat(Enumerable.Repeat(piece, 100_000))),
            Throws.TypeOf<PtxParseException>().With.Message.Contains("deep"));

    private static void Execute(PtxSimulator simulator, string text, nint buffer, GpuStream stream)
    {
        GpuModule module = simulator.LoadModule(Encoding.UTF8.GetBytes(text), "damaged.cu");
        try
        {
            var arguments = new ArgumentBlock(new byte[32]);
            arguments.Add(buffer);
            arguments.Add(buffer);
            arguments.Add(64);
            string name = PtxModule.Parse(text, "damaged.cu").Functions.Values.FirstOrDefault(function => function.IsEntry)?.Name ?? "none";
            simulator.Launch(simulator.GetFunction(module, name), LaunchShape.Linear(2, 64), arguments.Bytes, stream);
        }
        finally
        {
            simulator.UnloadModule(module);
        }
    }

    /// <summary>Takes a word of one line and puts it in the place of one of another.</summary>
    private static string Exchange(string text, Random random)
    {
        string[] words = text.Split(' ');
        for (int i = 1 + random.Next(3); i > 0; i--)
        {
            int to = random.Next(words.Length);
            int from = random.Next(words.Length);
            words[to] = words[from];
        }

        return string.Join(' ', words);
    }

    private static string Damage(string text, Random random)
    {
        var damaged = new StringBuilder(text);
        for (int i = 1 + random.Next(3); i > 0; i--)
        {
            int at = random.Next(damaged.Length);
            int length = Math.Min(random.Next(1, 30), damaged.Length - at);
            switch (random.Next(4))
            {
                case 0:
                    damaged.Remove(at, length);
                    break;
                case 1:
                    damaged.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    damaged.Insert(random.Next(damaged.Length), damaged.ToString(at, length));
                    break;
                default:
                    damaged.Length = Math.Max(at, 1);
                    break;
            }
        }

        return damaged.ToString();
    }
}
