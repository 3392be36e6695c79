using System;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Simulator.Ptx;
using Winnow.Simulator.Tests.Faults;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Ptx;

/// <summary>Damaged text ends in the parser's own exception or in a module, never in anything else.</summary>
public sealed class PtxFuzzTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", "(", ")", ",", ";", ":", "@", "!", "|", "+", "-", ".", "%", "\"", "/*", "//", "<", ">", "=", "0x", "0f3", "99999999999",
        ".reg", ".param", ".shared", ".entry", ".func", ".loc", ".section", ".align 16", "bra", "call", "ret", "%r1", "$L__BB0_1", "\0", "\n", "ä",
    ];

    [Test]
    public void Parse_DamagedTextThrowsNothingElse()
    {
        NvrtcSupport.Require();
        var random = new Random(11);
        int parsed = 0;
        int refused = 0;
        foreach (FaultCase fault in FaultCorpus.Cases)
        {
            string text = Encoding.UTF8.GetString(FaultCorpus.Compile(fault, isFaulty: true));
            for (int round = 0; round < 40; round++)
            {
                string damaged = Damage(text, random);
                try
                {
                    foreach (PtxFunction function in PtxModule.Parse(damaged, "damaged.cu").Functions.Values)
                    {
                        _ = function.Instructions.Length > 0 ? ControlFlow.Of(function) : null;
                    }

                    parsed++;
                }
                catch (PtxParseException)
                {
                    refused++;
                }
            }
        }

        Assert.That((parsed > 0, refused > 0), Is.EqualTo((true, true)), $"{parsed} parsed, {refused} refused");
    }

    [TestCase("(")]
    [TestCase("-")]
    [TestCase("{")]
    public void Parse_DeepNestingIsRefused(string piece)
        => Assert.That(
            () => PtxText.Kernel("mov.b64 %rd1, " + string.Concat(Enumerable.Repeat(piece, 100_000))),
            Throws.TypeOf<PtxParseException>().With.Message.Contains("deep"));

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
