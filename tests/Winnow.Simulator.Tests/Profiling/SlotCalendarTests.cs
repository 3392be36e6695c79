using System;
using System.Collections.Generic;
using NUnit.Framework;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Time that is given away in slots.</summary>
public sealed class SlotCalendarTests
{
    [Test]
    public void Take_GivesTheFirstThatIsLeft()
    {
        SlotCalendar calendar = new(1);

        Assert.That(calendar.Take(10, 1), Is.Zero);
        Assert.That(calendar.Take(10, 1), Is.EqualTo(1));
        Assert.That(calendar.Take(9, 1), Is.Zero);
        Assert.That(calendar.Take(9, 1), Is.EqualTo(3), "9, 10 and 11 are gone");
    }

    [Test]
    public void Take_OfLongSlotsBeginsWhereOneBegins()
    {
        SlotCalendar calendar = new(8);

        Assert.That(calendar.Take(0, 1), Is.Zero);
        Assert.That(calendar.Take(1, 1), Is.EqualTo(7));
        Assert.That(calendar.Take(1, 1), Is.EqualTo(15));
    }

    [Test]
    public void Take_OfSeveralFillsWhatIsLeftBetweenOthers()
    {
        SlotCalendar calendar = new(1);
        calendar.Take(2, 1);
        calendar.Take(4, 1);

        Assert.That(calendar.Take(1, 4), Is.EqualTo(5), "1, 3, 5 and 6");
    }

    [Test]
    public void Clear_GivesAllBack()
    {
        SlotCalendar calendar = new(1);
        calendar.Take(0, 10_000);
        calendar.Clear();

        Assert.That(calendar.Take(0, 10_000), Is.EqualTo(9_999));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Take_AgreesWithASetOfSlots(int clocks)
    {
        Random random = new(clocks);
        SlotCalendar calendar = new(clocks);
        HashSet<long> taken = [];
        for (int i = 0; i < 20_000; i++)
        {
            long from = random.Next(i % 7 == 0 ? 200_000 : 9_000);
            int count = 1 + random.Next(4);
            long slot = (from + clocks - 1) / clocks;
            for (int left = count; left > 0; slot++)
            {
                left -= taken.Add(slot) ? 1 : 0;
            }

            Assert.That(calendar.Take(from, count), Is.EqualTo(((slot - 1) * clocks) - from));
        }
    }
}
