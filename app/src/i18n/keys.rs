//! Written by `cargo xtask locale` from `app/locales`; do not edit.
#![allow(dead_code)]

/// The languages that have texts.
pub const LANGUAGES: &[&str] = &["az", "en", "hy", "ka", "ru"];
/// How many texts without a number there are; the plural texts follow them.
pub const KEYS: usize = 769;
/// How many strings a language's asset holds.
pub const STRINGS: usize = 945;

/// A text of the interface.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Key {
    ActionAdd,
    ActionBack,
    ActionCallOffice,
    ActionCancel,
    ActionChange,
    ActionChoose,
    ActionClose,
    ActionContinue,
    ActionContinueLater,
    ActionCopied,
    ActionCopy,
    ActionDone,
    ActionEdit,
    ActionKeep,
    ActionMore,
    ActionMoveDown,
    ActionMoveUp,
    ActionOk,
    ActionOpen,
    ActionReload,
    ActionRemove,
    ActionRestore,
    ActionSave,
    ActionSearch,
    ActionSendNow,
    ActionTryAgain,
    ActionUndo,
    AdminActivate,
    AdminCodeCreated,
    /// `{person}`
    AdminCodeFor,
    AdminCodeHint,
    AdminCodeMake,
    AdminCodeNew,
    AdminCodeOver,
    AdminCodePerson,
    AdminCodePersonMissing,
    AdminCodeScan,
    AdminCodeState,
    AdminCodeStateOpen,
    AdminCodeStateOver,
    AdminCodeStateUsed,
    AdminCodesRecent,
    AdminDeactivate,
    AdminDeactivateText,
    /// `{name}`
    AdminDeactivateTitle,
    AdminDeviceEnrolled,
    AdminDeviceLast,
    AdminDeviceLift,
    /// `{name}`
    AdminDeviceLifted,
    AdminDeviceLock,
    /// `{name}`
    AdminDeviceLockDone,
    AdminDeviceLockText,
    /// `{name}`
    AdminDeviceLockTitle,
    AdminDeviceLocked,
    AdminDeviceName,
    AdminDevicePaused,
    /// `{date}`
    AdminDevicePausedWhy,
    AdminDevicePerson,
    AdminDeviceUnsent,
    AdminDevices,
    AdminFormAlready,
    AdminFormAnother,
    AdminFormChecking,
    AdminFormChoose,
    AdminFormCurrent,
    AdminFormDownload,
    /// `{name}`
    AdminFormNotWorkbook,
    AdminFormOk,
    AdminFormPublished,
    /// `{when}`
    AdminFormPublishedAt,
    /// `{person}, {when}`
    AdminFormPublishedBy,
    /// `{languages}, {title}, {version}`
    AdminFormSummary,
    /// `{max}, {size}`
    AdminFormTooLarge,
    AdminFormUpload,
    AdminFormUploadHint,
    AdminFormVersion,
    AdminForms,
    AdminInactive,
    AdminLastOwn,
    AdminLastSeen,
    /// `{login}`
    AdminLoginTaken,
    AdminNever,
    AdminNoDevices,
    AdminNoForms,
    AdminNoPassword,
    AdminNoPeople,
    AdminPeople,
    AdminPersonAdd,
    AdminPersonName,
    /// `{name}`
    AdminPersonSaved,
    AdminProblemColumn,
    AdminProblemRow,
    AdminProblemSheet,
    AdminProblemText,
    AdminPublish,
    /// `{version}`
    AdminPublishedToast,
    AdminRole,
    AdminRoleAdministrator,
    AdminRoleAdministratorText,
    AdminRoleReviewer,
    AdminRoleReviewerText,
    AdminRoleWorker,
    AdminRoleWorkerText,
    AdminSetupLink,
    /// `{name}`
    AdminSetupLinkFor,
    AdminVillages,
    AdminVillagesAll,
    AdminVillagesHint,
    AppName,
    AppSkipToContent,
    /// `{percent}`
    AttachmentArriving,
    /// `{name}`
    AttachmentOpen,
    /// `{name}`
    AttachmentSave,
    AttachmentWaiting,
    CheckBackToCheck,
    CheckConfirmReason,
    CheckConfirmed,
    CheckFixFirst,
    CheckNothing,
    /// `{count}`
    CheckSectionProblems,
    CheckTitle,
    CheckWhy,
    /// `{source}`
    ChildLocked,
    ChildPrivacyText,
    ChildPrivacyTitle,
    ChildPrivacyYes,
    CopyChoose,
    CopyChooseFirst,
    CopyDiffer,
    /// `{files}, {records}`
    CopyDone,
    CopyDoneForeign,
    CopyFailed,
    CopyForeign,
    CopyNotACopy,
    CopyRestore,
    CopyRestoreButton,
    CopyRestoreText,
    CopyText,
    /// `{count}`
    CopyTooShort,
    CopyWords,
    CopyWordsAgain,
    CopyWordsHint,
    CopyWrong,
    DateChoose,
    DateDay,
    /// `{day}, {month}`
    DateDayMonth,
    DateMonth,
    DateMonth1,
    DateMonth10,
    DateMonth11,
    DateMonth12,
    DateMonth2,
    DateMonth3,
    DateMonth4,
    DateMonth5,
    DateMonth6,
    DateMonth7,
    DateMonth8,
    DateMonth9,
    DateNextMonth,
    DatePreviousMonth,
    DateTime,
    DateWeekday1,
    DateWeekday2,
    DateWeekday3,
    DateWeekday4,
    DateWeekday5,
    DateWeekday6,
    DateWeekday7,
    DateYear,
    DecidedApproved,
    DecidedAskApproved,
    DecidedAskRejected,
    DecidedCorrect,
    DecidedCorrectTitle,
    DecidedRejected,
    EnrolAgain,
    EnrolAgainLead,
    /// `{minutes}`
    EnrolBusy,
    EnrolCameraRefused,
    EnrolCode,
    EnrolCodeHint,
    EnrolCodeMissing,
    /// `{count}`
    EnrolCodeShape,
    /// `{code}`
    EnrolCodeUnknown,
    EnrolConnect,
    EnrolDeviceLabel,
    EnrolDeviceLabelHint,
    /// `{municipality}, {person}`
    EnrolDone,
    EnrolElsewhere,
    EnrolInternetOnce,
    EnrolLead,
    EnrolScan,
    /// `{done}, {total}`
    EnrolStepForms,
    EnrolStepPhone,
    EnrolStepStorage,
    EnrolStorageGranted,
    EnrolStorageRefused,
    EnrolTitle,
    /// `{minutes}`
    EnrolTooMany,
    ErrorAppOlderThanData,
    ErrorAppTooOld,
    ErrorCaptivePortal,
    ErrorChunkFailed,
    ErrorChunkLoading,
    /// `{number}`
    ErrorDamagedRecord,
    ErrorDeviceRevoked,
    ErrorFormMissing,
    ErrorFormPart,
    ErrorFormTooNew,
    ErrorNoInternetEnrol,
    ErrorNoRight,
    ErrorNoStorage,
    ErrorNotFound,
    ErrorNotFoundNext,
    ErrorOldWindow,
    ErrorPaused,
    ErrorSaveFailed,
    ErrorSecondTab,
    /// `{time}`
    ErrorServerResting,
    ErrorServerUnreachable,
    ErrorStorageFull,
    /// `{count}`
    ErrorStoreBroken,
    ErrorTakenOver,
    /// `{code}`
    ErrorUnexpected,
    ErrorUseThisWindow,
    FamiliesAll,
    FamiliesChanged,
    FamiliesClearFilters,
    FamiliesEmpty,
    FamiliesFilterEmpty,
    FamiliesNoChildren,
    /// `{query}`
    FamiliesNoMatch,
    /// `{count}`
    FamiliesOthers,
    FamiliesReturned,
    FamiliesSearch,
    FamiliesTitle,
    FamiliesUnfinished,
    FamiliesUnnamed,
    /// `{count}, {village}`
    FamiliesVillageGroup,
    FamiliesWaiting,
    FillDamaged,
    FillNoForm,
    FinishButton,
    FinishEditable,
    FinishFailed,
    /// `{done}, {total}`
    FinishFormDone,
    FinishNeeds,
    FinishTitle,
    HeldAccept,
    HeldAcceptAll,
    HeldAcceptAllText,
    HeldAcceptAllTitle,
    HeldAcceptedAll,
    /// `{left}`
    HeldAccepting,
    HeldCannotCome,
    /// `{count}`
    HeldChanges,
    HeldDiscard,
    HeldDiscardLabel,
    HeldDiscardNeeds,
    HeldDiscardText,
    HeldDiscardTitle,
    /// `{reason}`
    HeldDiscarded,
    HeldDiscardedToast,
    HeldLead,
    HeldMakerGone,
    HeldNext,
    HeldNone,
    HeldReason,
    HeldRetried,
    HeldRetry,
    /// `{count}`
    HeldRowsMissing,
    /// `{reason}`
    HeldStill,
    HeldWhyForeignActor,
    HeldWhyMalformed,
    HeldWhyMissingDependency,
    HeldWhyNotAllowed,
    HeldWhyNotApplicable,
    /// `{code}`
    HeldWhyOther,
    HeldWhyTooLarge,
    HeldWhyUnknownRecord,
    HideBack,
    HideButton,
    HideText,
    HideTitle,
    HouseholdAlone,
    HouseholdArriving,
    HouseholdAudience,
    HouseholdAudienceFellBack,
    HouseholdBegin,
    HouseholdChildSurvey,
    HouseholdChildSurveyBegin,
    /// `{date}`
    HouseholdLastVisit,
    /// `{count}`
    HouseholdLeft,
    /// `{count}`
    HouseholdMembers,
    /// `{name}`
    HouseholdNoAge,
    HouseholdNotFound,
    HouseholdSurvey,
    HouseholdViewAnswers,
    HouseholdWithFamily,
    InboxAll,
    InboxAllReviewed,
    InboxChanged,
    InboxClearAll,
    InboxEmpty,
    InboxFamily,
    /// `{name}, {value}`
    InboxFilterChip,
    /// `{name}`
    InboxFilterRemove,
    InboxFilters,
    InboxForm,
    InboxNext,
    InboxNoMatch,
    /// `{n}, {total}`
    InboxPage,
    InboxPrevious,
    InboxReceived,
    InboxRecord,
    InboxReturned,
    /// `{column}`
    InboxSortBy,
    InboxState,
    InboxToReview,
    InboxVillage,
    InboxWithTwoAnswers,
    InboxWorker,
    LanguageAz,
    LanguageEn,
    LanguageHy,
    LanguageKa,
    LanguageLabel,
    LanguageRu,
    /// `{n}`
    MapArea,
    MapCross,
    MapHere,
    MapLabel,
    /// `{n}`
    MapLength,
    MapNeedThree,
    MapNeedTwo,
    MapNoArea,
    /// `{n}`
    MapPointN,
    MapWalk,
    MapWalkStop,
    MapZoomIn,
    MapZoomOut,
    MediaChooseFile,
    MediaChooseOther,
    MediaChoosePhoto,
    MediaDrawHere,
    MediaFilm,
    MediaHeld,
    MediaKeepDrawing,
    MediaKeeping,
    MediaLost,
    MediaNoCamera,
    MediaNoMicrophone,
    /// `{free}`
    MediaNoRoom,
    MediaNotYet,
    MediaOffline,
    MediaOnlyHere,
    /// `{label}`
    MediaPhotoOf,
    MediaReceived,
    MediaRecord,
    MediaRecordAgain,
    /// `{time}`
    MediaRecording,
    MediaScan,
    MediaScanHint,
    MediaStop,
    /// `{size}`
    MediaTooLarge,
    MediaTooMany,
    MediaUndoLine,
    MediaUnreadable,
    MediaWriteName,
    NavFamilies,
    NavMain,
    NavMore,
    NavSending,
    NavToday,
    OfficeChangedFirst,
    /// `{detail}`
    OfficeFieldInvalid,
    OfficeInbox,
    OfficeKeysList,
    OfficeLive,
    OfficeLiveOff,
    OfficeLoading,
    OfficeOffline,
    OfficeRecords,
    OfficeSearch,
    OfficeSections,
    /// `{code}`
    OfficeServerFailed,
    OfficeShowChanges,
    OfficeSignOut,
    OfficeToField,
    OfficeTwoAnswers,
    PracticeBar,
    PracticeHint,
    PracticeLeave,
    PracticeReset,
    PracticeTitle,
    /// `{what}`
    ProblemAcrossRepeats,
    ProblemArguments,
    ProblemCalculation,
    /// `{what}`
    ProblemChoiceName,
    /// `{what}`
    ProblemColumn,
    /// `{what}`
    ProblemCycle,
    /// `{what}`
    ProblemDuplicateColumn,
    /// `{what}`
    ProblemDuplicateName,
    /// `{what}`
    ProblemEntity,
    /// `{what}`
    ProblemExpression,
    /// `{what}`
    ProblemInstance,
    ProblemLabel,
    /// `{what}`
    ProblemList,
    /// `{what}`
    ProblemMissingColumn,
    /// `{what}`
    ProblemMissingSheet,
    /// `{what}`
    ProblemName,
    /// `{what}`
    ProblemNeverTrue,
    /// `{what}`
    ProblemParameters,
    ProblemPattern,
    /// `{what}`
    ProblemSettings,
    /// `{what}`
    ProblemSimilarName,
    /// `{what}`
    ProblemTrigger,
    ProblemType,
    /// `{what}`
    ProblemUnknownColumn,
    /// `{what}`
    ProblemUnknownFunction,
    /// `{what}`
    ProblemUnknownReference,
    /// `{what}`
    ProblemUnknownType,
    /// `{what}`
    ProblemUnmatched,
    ProblemWorkbook,
    QuestionBarcode,
    QuestionBearingNone,
    QuestionBearingTake,
    /// `{person}, {when}`
    QuestionChangedBy,
    QuestionChooseAll,
    QuestionDontKnow,
    QuestionEndSection,
    QuestionFirstPart,
    QuestionFixedWording,
    QuestionFormLanguage,
    /// `{value}`
    QuestionGentleDoubt,
    QuestionGentleYes,
    QuestionHelp,
    QuestionLater,
    QuestionLess,
    QuestionLocationNone,
    QuestionLocationRefused,
    /// `{meters}`
    QuestionLocationRough,
    QuestionLocationTake,
    QuestionMore,
    /// `{count}`
    QuestionMoreOptions,
    QuestionNoChoices,
    /// `{query}`
    QuestionNoOptions,
    /// `{language}`
    QuestionNotTranslated,
    QuestionOneByOne,
    /// `{label}`
    QuestionOptionsEmpty,
    QuestionOr,
    QuestionPhotoAdd,
    QuestionPhotoRetake,
    /// `{n}, {total}`
    QuestionProgress,
    /// `{n}, {total}`
    QuestionProgressLabel,
    /// `{count}, {label}, {n}`
    QuestionRankMoved,
    QuestionRankTap,
    QuestionReadOnly,
    QuestionRefused,
    QuestionRemoveAnswer,
    QuestionRequired,
    QuestionSearchOptions,
    QuestionSections,
    QuestionSignHere,
    QuestionWholeSection,
    QuestionWorkerNote,
    QuestionWorkerOnly,
    /// `{name}`
    ReceiptNextChild,
    ReceiptReceived,
    /// `{answers}`
    ReceiptSaved,
    ReceiptTitle,
    ReceiptToFamily,
    ReceiptToToday,
    ReceiptWhere,
    RecordAdded,
    /// `{person}, {when}`
    RecordAlteredApproved,
    RecordAlteredProtection,
    /// `{person}, {when}`
    RecordAlteredRejected,
    /// `{person}, {when}`
    RecordAlteredReturned,
    RecordAnswers,
    RecordBackToList,
    RecordCalculated,
    RecordChildren,
    RecordConfirmed,
    /// `{person}`
    RecordCreated,
    /// `{person}`
    RecordFinished,
    RecordFixed,
    RecordHistory,
    RecordHistoryEmpty,
    RecordLinked,
    RecordMissingParts,
    RecordNoAnswer,
    RecordNotFixed,
    RecordNotFound,
    RecordNothingHere,
    RecordNow,
    /// `{person}, {value}, {when}`
    RecordOpinion,
    RecordOpinionShort,
    RecordParallel,
    /// `{phone}, {received}`
    RecordPhoneClock,
    /// `{n}, {total}`
    RecordPosition,
    RecordProblems,
    RecordProtection,
    RecordProtectionGate,
    RecordProtectionNone,
    RecordProtectionOpen,
    RecordRemoved,
    /// `{words}`
    RecordReply,
    RecordReplyShort,
    /// `{person}`
    RecordReviewApproved,
    /// `{person}`
    RecordReviewRejected,
    /// `{person}`
    RecordReviewReturned,
    RecordShowAll,
    RecordShowAltered,
    RecordShowChanged,
    RecordShowFlagged,
    RecordShowUnanswered,
    RecordShowWarnings,
    RecordVisits,
    RecordWas,
    ResolveChooseFirst,
    /// `{value}`
    ResolveDone,
    ResolveOtherReason,
    ResolveSave,
    ResolveValue,
    ResolveValueMissing,
    ResolveWriteOther,
    /// `{words}`
    ReturnedAnswered,
    /// `{person}, {when}`
    ReturnedBy,
    ReturnedCannot,
    ReturnedCannotTitle,
    ReturnedFinishAgain,
    ReturnedFix,
    ReturnedFixed,
    ReturnedGeneral,
    ReturnedListChanged,
    ReturnedMessageBack,
    ReturnedNothingElse,
    ReturnedOver,
    ReturnedStart,
    /// `{name}`
    ReturnedStartOf,
    ReturnedTitle,
    ReviewApprove,
    /// `{name}`
    ReviewApprovedToast,
    ReviewFlag,
    ReviewFlagMissing,
    ReviewFlagRemove,
    ReviewFlagText,
    ReviewGeneral,
    ReviewKept,
    ReviewLastOne,
    ReviewNextShort,
    ReviewPhraseAsk,
    ReviewPhraseImpossible,
    ReviewPhraseUnclear,
    ReviewReason,
    ReviewReasonMissing,
    ReviewReject,
    ReviewRejectText,
    ReviewRejectTitle,
    /// `{name}`
    ReviewRejectedToast,
    ReviewReopen,
    ReviewReturn,
    ReviewReturnNeeds,
    ReviewReturnShort,
    /// `{person}`
    ReviewReturnTitle,
    /// `{name}`
    ReviewReturnedToast,
    /// `{name}`
    ReviewUndone,
    RosterAdd,
    RosterAddOne,
    /// `{person}, {when}`
    RosterAddedBy,
    /// `{listed}, {said}`
    RosterChangeNumber,
    RosterChild,
    RosterComplete,
    RosterEmpty,
    RosterLeft,
    RosterLeftDied,
    RosterLeftMoved,
    RosterLeftOther,
    /// `{name}`
    RosterLeftToast,
    RosterMarkLeft,
    /// `{name}`
    RosterMenu,
    /// `{listed}, {said}`
    RosterMismatch,
    /// `{n}, {name}`
    RosterMoved,
    /// `{from}, {to}, {total}`
    RosterPart,
    RosterPartAfter,
    RosterPartBefore,
    RosterRemoveText,
    /// `{name}`
    RosterRemoveTitle,
    /// `{name}`
    RosterRemoveYes,
    RosterRemoved,
    /// `{name}`
    RosterRemovedToast,
    /// `{name}`
    RosterRestoredToast,
    /// `{children}, {members}`
    RosterSummary,
    RosterTitle,
    /// `{n}`
    RosterUnnamed,
    /// `{name}`
    RosterWhyLeft,
    /// `{n}`
    SaveLeftAt,
    SaveNotSaved,
    SaveSaved,
    SaveSaving,
    SendingBadgeReceived,
    SendingBadgeSending,
    SendingButton,
    SendingContactFailed,
    /// `{received}, {sent}`
    SendingContactOk,
    SendingContacts,
    /// `{name}`
    SendingCopySaved,
    SendingEncryptedCopy,
    /// `{count}`
    SendingFilesRefused,
    /// `{count}`
    SendingHeld,
    /// `{when}`
    SendingLastContact,
    SendingNever,
    SendingNoInternet,
    SendingNothing,
    /// `{count}`
    SendingOnlyHere,
    /// `{count}`
    SendingReceived,
    SendingTitle,
    SendingUnfinishedToo,
    SettingsAbout,
    SettingsDark,
    SettingsGlove,
    SettingsLanguage,
    SettingsLeave,
    SettingsLeaveText,
    SettingsLeaveTitle,
    SettingsLeaveYes,
    /// `{municipality}, {person}`
    SettingsPerson,
    SettingsQuestionMode,
    SettingsStorage,
    SettingsSun,
    SettingsSunHint,
    SettingsTextSize,
    SettingsTitle,
    /// `{version}`
    SettingsVersion,
    SetupEnter,
    SetupLead,
    SetupLinkUsed,
    SetupLoginHint,
    SetupLoginShort,
    SetupMunicipalityEn,
    SetupMunicipalityKa,
    SetupName,
    SetupNameMissing,
    SetupPasswordAgain,
    SetupPasswordDiffers,
    /// `{min}`
    SetupPasswordHint,
    /// `{count}, {min}`
    SetupPasswordShort,
    SetupTitle,
    SetupTitleColleague,
    SigninButton,
    SigninExpired,
    SigninFieldWorker,
    SigninLogin,
    SigninLoginMissing,
    SigninLoginWrong,
    SigninMunicipality,
    SigninMunicipalityHint,
    SigninNoRight,
    SigninPassword,
    SigninPasswordMissing,
    SigninTitle,
    /// `{minutes}`
    SigninTooMany,
    StatusApproved,
    /// `{person}, {when}`
    StatusApprovedDetail,
    StatusChanged,
    StatusConflict,
    StatusDraft,
    StatusRejected,
    /// `{person}, {reason}, {when}`
    StatusRejectedDetail,
    StatusReturned,
    StatusSent,
    /// `{when}`
    StatusSentDetail,
    StatusWaiting,
    /// `{age}`
    StatusWaitingDetail,
    StatusWedged,
    /// `{free}, {total}`
    StorageFree,
    /// `{size}`
    StorageFreeButton,
    /// `{size}`
    StorageFreed,
    StorageHelp,
    StorageLater,
    /// `{names}`
    StorageLost,
    /// `{count}`
    StorageLostAll,
    StorageMended,
    StorageNoPhotos,
    StorageNotPersistent,
    StorageOtherApps,
    StorageOtherText,
    StoragePersistent,
    /// `{names}`
    StoragePhotoLost,
    StorageRemovePhotos,
    StorageReserve,
    /// `{size}`
    StorageSendFrees,
    StorageTitle,
    /// `{used}`
    StorageUsed,
    TimeNow,
    TimeNowButton,
    TimeToday,
    /// `{time}`
    TimeTodayAt,
    TimeUnknown,
    TimeYesterday,
    /// `{time}`
    TimeYesterdayAt,
    TodayCarryOn,
    /// `{children}, {families}`
    TodayDayDone,
    TodayEmpty,
    TodayKnownFamily,
    TodayKnownOrNew,
    TodayNewFamily,
    /// `{count}`
    TodayReturned,
    TodayStartVisit,
    /// `{date}`
    TodayTitle,
    /// `{count}`
    TodayTwoAnswers,
    /// `{count}`
    TodayVisits,
    /// `{person}, {when}`
    TwoAnswersBy,
    TwoAnswersChoose,
    /// `{person}, {reason}, {value}`
    TwoAnswersDecided,
    TwoAnswersDoYouKnow,
    TwoAnswersEmptyAnswer,
    TwoAnswersKeep,
    TwoAnswersOpinionSaved,
    TwoAnswersOther,
    /// `{n}, {total}`
    TwoAnswersPosition,
    TwoAnswersSettled,
    TwoAnswersShownForNow,
    TwoAnswersSomeone,
    TwoAnswersTell,
    TwoAnswersText,
    TwoAnswersTitle,
    /// `{value}`
    TwoAnswersTold,
    TwoAnswersUnknown,
    TwoAnswersWhy,
    TwoAnswersYou,
    TwoAnswersYouDecide,
    /// `{n}`
    UnitGb,
    /// `{n}`
    UnitKb,
    /// `{n}`
    UnitMb,
    /// `{n}`
    UnitMeters,
    /// `{n}`
    UnitPercent,
    UpdateAfterForm,
    UpdateGoing,
    UpdateNow,
    UpdateReady,
    ValidationChoose,
    /// `{value}`
    ValidationConstraint,
    /// `{value}`
    ValidationDate,
    ValidationDatePartial,
    /// `{value}`
    ValidationInteger,
    /// `{shape}`
    ValidationMask,
    /// `{value}`
    ValidationNotInList,
    /// `{value}`
    ValidationNumber,
    /// `{value}`
    ValidationPattern,
    ValidationPrefix,
    /// `{max}, {min}, {value}`
    ValidationRange,
    ValidationRequired,
    /// `{value}`
    ValidationTime,
    ValidationTimeMissing,
    /// `{value}`
    ValidationYouWrote,
    VersionAdded,
    /// `{choices}`
    VersionChoiceAdded,
    /// `{choices}`
    VersionChoiceGone,
    VersionChoices,
    VersionKept,
    VersionKeptNote,
    VersionText,
    VersionTitle,
    VisitUnnamed,
    VisitWhichForm,
    VisitWithoutFamily,
}

/// A text that depends on a number.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Plural {
    /// `{count}`
    AdminCodeLeft,
    /// `{count}`
    AdminFormProblems,
    /// `{count}`
    AdminFormQuestions,
    /// `{count}`
    AdminFormRecords,
    /// `{count}`
    AdminFormWarnings,
    /// `{count}`
    AdminPersonDevices,
    /// `{count}`
    CheckToFix,
    /// `{count}`
    CheckToLook,
    /// `{count}`
    CopyDoneLeftOut,
    /// `{count}, {size}`
    CopyLeavesOut,
    /// `{count}`
    ErrorClockDays,
    /// `{count}`
    ErrorClockHours,
    /// `{count}`
    ErrorClockMinutes,
    /// `{count}`
    FamiliesChildren,
    /// `{count}`
    FamiliesCount,
    /// `{count}`
    FamiliesNews,
    /// `{count}`
    InboxCount,
    /// `{count}`
    MapPoints,
    /// `{count}`
    OfficeUpdated,
    /// `{count}`
    QuestionHidden,
    /// `{count}`
    QuestionMoreShown,
    /// `{count}`
    QuestionSelectedCount,
    /// `{count}, {person}`
    RecordEdited,
    /// `{count}`
    RecordUnchanged,
    /// `{count}`
    ReturnedText,
    /// `{count}`
    ReviewFlags,
    /// `{count}`
    RosterMissing,
    /// `{count}`
    SendingArrived,
    /// `{count}`
    SendingBadgeHeld,
    /// `{count}`
    SendingBadgeOffline,
    /// `{age}, {count}`
    SendingBadgeWaiting,
    /// `{count}`
    SendingDone,
    /// `{count}, {size}`
    SendingFiles,
    /// `{count}`
    SendingInProgress,
    /// `{count}`
    SettingsLeaveBlocked,
    /// `{count}`
    StorageSafe,
    /// `{count}`
    TimeDaysAgo,
    /// `{count}`
    TimeDaysShort,
    /// `{count}`
    TimeHoursAgo,
    /// `{count}`
    TimeMinutesAgo,
    /// `{count}`
    TimeMonths,
    /// `{count}`
    TimeYears,
    /// `{count}`
    TodayDayWaiting,
    /// `{count}`
    TodayFirstSync,
}

/// The plural categories of the supported languages.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    One,
    Few,
    Many,
    Other,
}

impl Key {
    /// The place in a language's asset.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Plural {
    /// The place in a language's asset; every form has one, filled by the fallback if need be.
    pub const fn index(self, form: Form) -> usize {
        KEYS + 4 * self as usize + form as usize
    }
}
