//! Written by `cargo xtask locale` from `app/locales`; do not edit.
#![allow(dead_code)]

/// The languages that have texts.
pub const LANGUAGES: &[&str] = &["az", "en", "hy", "ka", "ru"];
/// How many texts without a number there are; the plural texts follow them.
pub const KEYS: usize = 923;
/// How many strings a language's asset holds.
pub const STRINGS: usize = 1143;

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
    ActionClear,
    ActionClose,
    ActionContinue,
    ActionContinueLater,
    ActionCopied,
    ActionCopy,
    ActionDone,
    ActionEdit,
    ActionHelp,
    ActionKeep,
    ActionLater,
    ActionMenu,
    ActionMore,
    ActionMoveDown,
    ActionMoveUp,
    ActionNo,
    ActionOk,
    ActionOpen,
    ActionReload,
    ActionRemove,
    ActionRestore,
    ActionSave,
    ActionSaveCopy,
    ActionSearch,
    ActionSend,
    ActionSendNow,
    ActionTryAgain,
    ActionUndo,
    ActionYes,
    AdminActivate,
    AdminCodeCreated,
    /// `{time}`
    AdminCodeExpires,
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
    AdminDeviceVersion,
    AdminDevices,
    /// `{email}`
    AdminEmailTaken,
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
    /// `{version}`
    AdminFormSameVersion,
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
    AppLoading,
    AppName,
    AppNoScript,
    AppOldBrowser,
    AppSkipToContent,
    AppTagline,
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
    CheckGoFinish,
    CheckNothing,
    CheckSectionOk,
    /// `{count}`
    CheckSectionProblems,
    CheckSections,
    CheckTitle,
    CheckWhy,
    ChildAssentNo,
    /// `{source}`
    ChildLocked,
    ChildModuleChanged,
    /// `{name}`
    ChildNotBegun,
    /// `{name}`
    ChildNow,
    ChildPrivacyText,
    ChildPrivacyTitle,
    ChildPrivacyYes,
    ChildSameAge,
    ChildTitle,
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
    DateAgeInstead,
    DateChoose,
    DateDay,
    /// `{day}, {month}`
    DateDayMonth,
    DateEstimated,
    DateExactInstead,
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
    EnrolCodeExpired,
    EnrolCodeHint,
    EnrolCodeMissing,
    /// `{count}`
    EnrolCodeShape,
    /// `{code}`
    EnrolCodeUnknown,
    EnrolCodeUsed,
    EnrolConnect,
    EnrolDeviceLabel,
    EnrolDeviceLabelHint,
    /// `{municipality}, {person}`
    EnrolDone,
    EnrolElsewhere,
    EnrolInstall,
    EnrolInternetOnce,
    EnrolLead,
    EnrolOrType,
    EnrolPractice,
    EnrolScan,
    /// `{done}, {total}`
    EnrolStepForms,
    EnrolStepPhone,
    EnrolStepPlaces,
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
    /// `{detail}`
    ErrorFormBroken,
    ErrorFormMissing,
    ErrorFormPart,
    ErrorFormTooNew,
    /// `{number}`
    ErrorHeld,
    ErrorNoInternet,
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
    ErrorSlow,
    ErrorStorageFull,
    ErrorTakenOver,
    /// `{code}`
    ErrorUnexpected,
    ErrorUseThisWindow,
    FamiliesAll,
    FamiliesClearFilters,
    FamiliesEmpty,
    FamiliesFilterEmpty,
    FamiliesMine,
    /// `{person}`
    FamiliesMoved,
    FamiliesNoChildren,
    /// `{query}`
    FamiliesNoMatch,
    FamiliesNotVisited,
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
    FinishBlocked,
    FinishButton,
    FinishCompleted,
    FinishEditable,
    FinishFailed,
    /// `{done}, {total}`
    FinishFormDone,
    FinishNeeds,
    FinishNoneFound,
    FinishPartial,
    FinishPostponed,
    FinishResult,
    FinishTitle,
    FinishWhy,
    /// `{answers}, {size}`
    FinishWillSend,
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
    HouseholdCall,
    /// `{n}`
    HouseholdCarryOn,
    HouseholdChildSurvey,
    HouseholdChildSurveyBegin,
    HouseholdCorrect,
    /// `{name}`
    HouseholdDuplicate,
    HouseholdDuplicateFound,
    HouseholdHistory,
    /// `{date}`
    HouseholdLastVisit,
    /// `{count}`
    HouseholdLeft,
    HouseholdMap,
    /// `{count}`
    HouseholdMembers,
    HouseholdNeedsInternet,
    /// `{name}`
    HouseholdNoAge,
    HouseholdNotFound,
    /// `{n}`
    HouseholdRisk,
    HouseholdSurvey,
    /// `{name}`
    HouseholdTitle,
    HouseholdViewAnswers,
    HouseholdVisits,
    HouseholdWithFamily,
    InboxAll,
    InboxAllReviewed,
    InboxChanged,
    InboxClearAll,
    InboxEmpty,
    InboxFamily,
    InboxFilter,
    /// `{name}, {value}`
    InboxFilterChip,
    /// `{name}`
    InboxFilterRemove,
    InboxFilters,
    InboxForm,
    InboxMine,
    InboxNeeds,
    InboxNext,
    InboxNoMatch,
    /// `{age}, {count}`
    InboxOnPhones,
    /// `{n}, {total}`
    InboxPage,
    InboxPrevious,
    InboxReceived,
    InboxRecord,
    InboxReturned,
    /// `{column}`
    InboxSortBy,
    InboxSorted,
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
    OfficeAdmin,
    OfficeChangedFirst,
    /// `{detail}`
    OfficeFieldInvalid,
    OfficeInbox,
    OfficeKeysList,
    OfficeLive,
    OfficeLiveOff,
    OfficeLoadFailed,
    OfficeLoading,
    OfficeOffline,
    OfficeRecords,
    OfficeSearch,
    OfficeSections,
    /// `{code}`
    OfficeServerFailed,
    OfficeShowChanges,
    OfficeSignOut,
    OfficeTitle,
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
    QuestionAddNote,
    /// `{answer}, {label}`
    QuestionAnswered,
    QuestionBarcode,
    /// `{value}`
    QuestionCalculated,
    QuestionChange,
    /// `{person}, {when}`
    QuestionChangedBy,
    QuestionChooseAll,
    QuestionChooseOne,
    QuestionDontKnow,
    QuestionDoubtReason,
    QuestionEndSection,
    QuestionFileLater,
    QuestionFirstPart,
    QuestionFixedWording,
    QuestionFormLanguage,
    /// `{value}`
    QuestionGentleDoubt,
    QuestionGentleYes,
    QuestionHelp,
    QuestionHiddenWithFamily,
    QuestionLater,
    QuestionLess,
    QuestionLocationNone,
    QuestionLocationRefused,
    /// `{meters}`
    QuestionLocationRough,
    QuestionLocationSkip,
    QuestionLocationTake,
    QuestionMore,
    /// `{count}`
    QuestionMoreOptions,
    /// `{section}`
    QuestionNextSection,
    QuestionNoAnswer,
    QuestionNoChoices,
    /// `{query}`
    QuestionNoOptions,
    /// `{language}`
    QuestionNotTranslated,
    QuestionNote,
    QuestionOneByOne,
    QuestionOptional,
    /// `{label}`
    QuestionOptionsEmpty,
    QuestionOr,
    QuestionPhotoAdd,
    QuestionPhotoLater,
    QuestionPhotoLocal,
    QuestionPhotoRetake,
    /// `{n}, {total}`
    QuestionProgress,
    /// `{n}, {total}`
    QuestionProgressLabel,
    /// `{count}, {label}, {n}`
    QuestionRankMoved,
    QuestionRankTap,
    QuestionReadOnly,
    QuestionRecent,
    QuestionRefused,
    QuestionRemoveAnswer,
    QuestionRequired,
    QuestionSearchOptions,
    QuestionSections,
    QuestionSignHere,
    QuestionWholeSection,
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
    /// `{person}`
    RecordChangedNow,
    RecordChildren,
    RecordConfirmed,
    /// `{person}`
    RecordCreated,
    /// `{name}`
    RecordDevice,
    /// `{person}`
    RecordFinished,
    RecordFixed,
    RecordHistory,
    RecordHistoryEmpty,
    RecordLinked,
    RecordLoadFailed,
    RecordMembers,
    RecordMissingParts,
    RecordNoAnswer,
    RecordNotFixed,
    RecordNotFound,
    RecordNothingHere,
    RecordNow,
    RecordOfficeWrote,
    /// `{person}, {value}, {when}`
    RecordOpinion,
    RecordOpinionShort,
    RecordParallel,
    /// `{phone}, {received}`
    RecordPhoneClock,
    /// `{n}, {total}`
    RecordPosition,
    RecordPrint,
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
    RecordShowHistory,
    RecordShowUnanswered,
    RecordShowWarnings,
    RecordTwoWaiting,
    /// `{version}`
    RecordVersion,
    RecordWas,
    RecordWhoChanged,
    RecordWorkerOnly,
    ResolveAskWorker,
    ResolveChooseFirst,
    ResolveDifferentFamilies,
    /// `{value}`
    ResolveDone,
    ResolveKeep,
    /// `{value}`
    ResolveKeepValue,
    ResolveLater,
    ResolveNone,
    ResolveOtherReason,
    ResolveSameFamily,
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
    ReturnedOfficeSays,
    ReturnedOver,
    ReturnedStart,
    /// `{name}`
    ReturnedStartOf,
    ReturnedTitle,
    ReviewApprove,
    /// `{name}`
    ReviewApprovedToast,
    ReviewComment,
    ReviewCommentSaved,
    /// `{decision}, {person}`
    ReviewDecidedFirst,
    ReviewFailed,
    ReviewFlag,
    ReviewFlagMissing,
    ReviewFlagRemove,
    ReviewFlagText,
    ReviewGeneral,
    ReviewKept,
    ReviewLastOne,
    ReviewNext,
    ReviewNextShort,
    ReviewPhraseAsk,
    ReviewPhraseImpossible,
    ReviewPhrasePhoto,
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
    RosterHead,
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
    /// `{name}`
    RosterSamePerson,
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
    SaveOnPhone,
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
    /// `{time}`
    SendingNextTry,
    SendingNoInternet,
    SendingNoInternetText,
    SendingNothing,
    /// `{count}`
    SendingOnlyHere,
    /// `{count}`
    SendingReceived,
    SendingResumes,
    SendingTitle,
    SendingUnfinishedToo,
    /// `{percent}`
    SendingUploading,
    SendingWaiting,
    SettingsAbout,
    SettingsAutoNext,
    SettingsDark,
    /// `{name}`
    SettingsDevice,
    SettingsFormLanguage,
    SettingsGlove,
    SettingsHelp,
    SettingsLanguage,
    SettingsLeave,
    SettingsLeaveText,
    SettingsLeaveTitle,
    SettingsLeaveYes,
    SettingsLockTime,
    SettingsOff,
    SettingsOn,
    /// `{municipality}, {person}`
    SettingsPerson,
    SettingsPhotosWifi,
    SettingsQuestionMode,
    SettingsStorage,
    SettingsSun,
    SettingsSunHint,
    SettingsTextSize,
    SettingsTitle,
    /// `{version}`
    SettingsVersion,
    SetupChecking,
    SetupCreate,
    SetupEnter,
    SetupLead,
    SetupLinkUsed,
    SetupLoginHint,
    SetupLoginShort,
    SetupMunicipality,
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
    SigninEmail,
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
    SigninShowPassword,
    SigninTitle,
    /// `{minutes}`
    SigninTooMany,
    SigninWrong,
    StatusApproved,
    /// `{person}, {when}`
    StatusApprovedDetail,
    StatusChanged,
    StatusConflict,
    StatusConflictDetail,
    StatusDraft,
    /// `{n}, {total}`
    StatusDraftDetail,
    /// `{n}, {total}`
    StatusDraftDetailReceived,
    StatusFinished,
    StatusFinishedDetail,
    StatusRejected,
    /// `{person}, {reason}, {when}`
    StatusRejectedDetail,
    StatusReturned,
    StatusSent,
    /// `{when}`
    StatusSentDetail,
    /// `{count}`
    StatusToFixCount,
    StatusWaiting,
    /// `{age}`
    StatusWaitingDetail,
    StatusWedged,
    /// `{number}`
    StatusWedgedDetail,
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
    StoragePhoneSettings,
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
    /// `{n}, {section}, {total}`
    TodayCarryOnAt,
    TodayCarryOnTitle,
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
    /// `{value}`
    TwoAnswersBefore,
    /// `{person}, {when}`
    TwoAnswersBy,
    TwoAnswersChoose,
    /// `{person}, {reason}, {value}`
    TwoAnswersDecided,
    TwoAnswersDoYouKnow,
    TwoAnswersEmptyAnswer,
    TwoAnswersKeep,
    TwoAnswersOfficeDecides,
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
    UnlockForgot,
    UnlockOpen,
    UnlockTitle,
    UnlockUseWords,
    /// `{n}`
    UnlockWord,
    UnlockYourWords,
    UpdateAfterForm,
    UpdateNow,
    UpdateReady,
    UpdateStay,
    UpdateUseNew,
    ValidationChoose,
    /// `{value}`
    ValidationConstraint,
    /// `{value}`
    ValidationDate,
    /// `{value}`
    ValidationDateFuture,
    ValidationDatePartial,
    /// `{value}`
    ValidationDatePast,
    /// `{max}, {min}, {value}`
    ValidationDateRange,
    /// `{option}`
    ValidationExclusive,
    /// `{value}`
    ValidationInteger,
    /// `{max}, {value}`
    ValidationMax,
    /// `{min}, {value}`
    ValidationMin,
    /// `{value}`
    ValidationNotInList,
    /// `{value}`
    ValidationNumber,
    /// `{option}`
    ValidationOtherText,
    /// `{value}`
    ValidationPattern,
    /// `{value}`
    ValidationPhone,
    ValidationPrefix,
    /// `{max}, {min}, {value}`
    ValidationRange,
    ValidationRequired,
    /// `{count}, {max}`
    ValidationSelectMax,
    /// `{count}, {min}`
    ValidationSelectMin,
    /// `{value}`
    ValidationTime,
    ValidationTimeMissing,
    /// `{count}, {max}`
    ValidationTooLong,
    /// `{count}, {min}`
    ValidationTooShort,
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
    /// `{count}, {version}`
    AdminPublishTo,
    /// `{count}`
    CheckToFix,
    /// `{count}`
    CheckToLook,
    /// `{count}`
    CopyDoneLeftOut,
    /// `{count}, {size}`
    CopyLeavesOut,
    /// `{count}`
    ErrorClock,
    /// `{count}`
    FamiliesChildren,
    /// `{count}`
    FamiliesCount,
    /// `{count}`
    InboxCount,
    /// `{count}`
    InboxFiltersActive,
    /// `{count}`
    InboxSelected,
    /// `{count}`
    InboxTwoAnswers,
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
    ResolveOpen,
    /// `{count}`
    ReturnedText,
    /// `{count}`
    ReviewFlags,
    /// `{count}`
    ReviewLeft,
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
    SettingsMinutes,
    /// `{count}, {person}, {when}`
    StatusReturnedDetail,
    /// `{count}`
    StorageSafe,
    /// `{count}`
    TimeDaysAgo,
    /// `{count}`
    TimeDaysLate,
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
    /// `{count}`
    UnlockLease,
    /// `{count}`
    UnlockWaiting,
    /// `{count}`
    UnlockWrongWords,
    /// `{count}`
    UpdateFormChanged,
    /// `{count}, {expected}`
    ValidationDigits,
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
