using System;
using NUnit.Framework;
using Winnow.Cache;

namespace Winnow.Tests.Cache;

internal sealed class KvBudgetTests
{
    [Test]
    public void Parse_TakesSlotsSharesBytesAndAll()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(KvBudget.Parse("256"), Is.EqualTo(KvBudget.Slots(256)));
            Assert.That(KvBudget.Parse(" 0.25 "), Is.EqualTo(KvBudget.Ratio(0.25)));
            Assert.That(KvBudget.Parse("1.5kib"), Is.EqualTo(KvBudget.Bytes(1536)));
            Assert.That(KvBudget.Parse("ALL"), Is.EqualTo(KvBudget.Everything));
        }
    }

    [TestCase("1")]
    [TestCase("1.0")]
    public void Parse_OneIsTheShareAndNotASlot(string text)
    {
        KvBudget budget = KvBudget.Parse(text);

        Assert.That(budget.SlotsFor(tokens: 300, heads: 4, pageBytes: 64), Is.EqualTo(300));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("nan")]
    [TestCase("64MB")]
    [TestCase("0KiB")]
    [TestCase("9999999999GiB")]
    [TestCase("")]
    public void Parse_RefusesOtherTextAndSaysWhatThereIs(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => KvBudget.Parse(text));

        Assert.That(error.Message, Does.Contain($"'{text}'").And.Contains("256").And.Contains("0.25").And.Contains("64MiB").And.Contains("all"));
    }
}
